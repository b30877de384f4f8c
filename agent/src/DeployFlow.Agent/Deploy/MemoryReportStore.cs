using System.Text;
using DeployFlow.Contracts.Boot;

namespace DeployFlow.Agent.Deploy;

/// <summary>
/// In the boot environment: the server knows what it has acknowledged, and a machine that dies takes the rest with it.
/// What was not sent yet is joined: lines of output to pieces, progress to its last figure.
/// </summary>
public sealed class MemoryReportStore : IReportStore
{
    private const int MostText = 16 * 1024;

    /// <summary>Above this, output is dropped; what happened never is.</summary>
    private const int MostBytes = 8 * 1024 * 1024;

    private readonly Lock _gate = new();
    private readonly List<DeploymentReport> _reports = [];
    private int _sent;
    private int _bytes;

    public int LastSeq { get; private set; } = -1;

    public bool IsEmpty
    {
        get
        {
            lock (_gate)
                return _reports.Count == 0;
        }
    }

    public void Append(DeploymentReport report)
    {
        lock (_gate)
        {
            if (report is StepLogReport && _bytes > MostBytes)
                return;
            var last = _reports.Count > _sent ? _reports[^1] : null;
            switch (last, report)
            {
                case (StepLogReport old, StepLogReport more)
                    when old.Position == more.Position && old.Stream == more.Stream && old.Text.Length + more.Text.Length <= MostText:
                    _reports[^1] = old with { Text = old.Text + more.Text };
                    _bytes += more.Text.Length;
                    return;
                case (ProgressReport old, ProgressReport newer) when old.Position == newer.Position:
                    _reports[^1] = newer with { Seq = old.Seq };
                    return;
                default:
                    LastSeq++;
                    _reports.Add(report with { Seq = LastSeq });
                    _bytes += Size(report);
                    return;
            }
        }
    }

    public IReadOnlyList<DeploymentReport> Next(int most, int mostBytes)
    {
        lock (_gate)
        {
            var bytes = 0;
            var next = _reports.Take(most).TakeWhile(report => (bytes += Size(report)) <= mostBytes || bytes == Size(report)).ToList();
            _sent = Math.Max(_sent, next.Count);
            return next;
        }
    }

    public void RemoveThrough(int seq)
    {
        lock (_gate)
        {
            var count = _reports.TakeWhile(report => report.Seq <= seq).Count();
            _bytes -= _reports.Take(count).Sum(Size);
            _reports.RemoveRange(0, count);
            _sent = Math.Max(0, _sent - count);
        }
    }

    /// <summary>Its text, and as much again for escapes and fields as texts of programs need.</summary>
    private static int Size(DeploymentReport report) => 200 + (report switch
    {
        StepLogReport log => Encoding.UTF8.GetByteCount(log.Text) * 2,
        RescueLogReport log => Encoding.UTF8.GetByteCount(log.Text) * 2,
        _ => 200,
    });
}
