using DeployFlow.Agent.Hosting;
using DeployFlow.Agent.Http;
using DeployFlow.Contracts.Boot;

namespace DeployFlow.Agent.Deploy;

/// <summary>Sends the reports of one deployment, again and again until each is acknowledged, and hears whether to stop.</summary>
/// <param name="trouble">Told why reports cannot be sent; null when they can again.</param>
public sealed class DeploymentReportSender(
    IReportStore store, Func<DeploymentReportsRequest, CancellationToken, Task<ServerAnswer<DeploymentReportsResponse>>> send, Backoff backoff,
    Action<ServerProblem?> trouble, TimeProvider time) : IDisposable
{
    private const int MostReports = 200;
    private const int MostBytes = 900 * 1024;

    /// <summary>Without anything to say, an empty list is the sign of life.</summary>
    private static readonly TimeSpan SignOfLife = TimeSpan.FromSeconds(15);

    private readonly Signal _work = new();
    private readonly CancellationTokenSource _aborted = new();
    private TaskCompletionSource _acknowledged = NewSource();

    /// <summary>Ends when the server wants the deployment stopped, or knows nothing of it any more.</summary>
    public CancellationToken Aborted => _aborted.Token;

    /// <summary>Why the server ended it; null where a person aborted it.</summary>
    public ServerProblem? Refusal { get; private set; }

    public void Raise() => _work.Raise();

    public async Task RunAsync(CancellationToken stopping)
    {
        while (!Aborted.IsCancellationRequested)
        {
            await SendAllAsync(stopping);
            await _work.WaitAsync(SignOfLife, time, stopping);
        }
    }

    /// <summary>Returns when the server has everything that was reported before.</summary>
    public async Task SettledAsync(CancellationToken cancellationToken)
    {
        var wanted = store.LastSeq;
        while (true)
        {
            var acknowledged = Volatile.Read(ref _acknowledged).Task;
            if (store.Next(1, MostBytes) is not [{ } first, ..] || first.Seq > wanted)
                return;
            Raise();
            await acknowledged.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Sends what is there, for as long as it takes.</summary>
    public Task FlushAsync(CancellationToken cancellationToken) => SendAllAsync(cancellationToken, evenAborted: true);

    public void Dispose() => _aborted.Dispose();

    private async Task SendAllAsync(CancellationToken cancellationToken, bool evenAborted = false)
    {
        var most = MostReports;
        // The first round may have nothing to say: it is the sign of life.
        for (var isFirst = true; (isFirst && !evenAborted) || !store.IsEmpty; isFirst = false)
        {
            var reports = store.Next(most, MostBytes);
            var answer = await send(new DeploymentReportsRequest(reports), cancellationToken);
            if (answer.Value is { } response)
            {
                trouble(null);
                backoff.Reset();
                most = MostReports;
                Acknowledge(reports);
                if (response.Command == DeploymentReportsResponse.Abort && !evenAborted)
                {
                    await _aborted.CancelAsync();
                    return;
                }
            }
            else if (answer.Problem!.Status is 400 or 413 or 422 && reports.Count > 0)
            {
                // One report that the server cannot read must not hold up the others: find it.
                if (reports.Count == 1)
                    Acknowledge(reports);
                most = 1;
            }
            else if (answer.Problem.Status is 401 or 403 or 404 or 410)
            {
                Refusal = answer.Problem;
                Acknowledge(reports);
                await _aborted.CancelAsync();
                return;
            }
            else
            {
                trouble(answer.Problem);
                await Task.Delay(backoff.Next(answer.Problem.RetryAfter), time, cancellationToken);
            }
        }
    }

    private void Acknowledge(IReadOnlyList<DeploymentReport> reports)
    {
        if (reports.Count == 0)
            return;
        store.RemoveThrough(reports[^1].Seq);
        Interlocked.Exchange(ref _acknowledged, NewSource()).TrySetResult();
    }

    private static TaskCompletionSource NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
