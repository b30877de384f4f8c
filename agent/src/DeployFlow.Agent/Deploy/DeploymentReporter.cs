using DeployFlow.Contracts;
using DeployFlow.Contracts.Boot;
using DeployFlow.Engine.Steps;

namespace DeployFlow.Agent.Deploy;

/// <summary>Turns what happens into reports for the server; progress at most once a second.</summary>
/// <param name="raise">Something waits to be sent.</param>
/// <param name="now">By the server's clock.</param>
public sealed class DeploymentReporter(IReportStore store, Action raise, Func<DateTimeOffset> now, TimeProvider time) : IDeploymentReporter
{
    private const int MostText = 16 * 1024;
    private static readonly TimeSpan Pace = TimeSpan.FromSeconds(1);

    private long _lastProgress;

    public void StepStarted(int position, int attempt) => Report(new StepStartedReport(0, now(), position, attempt));

    public void Progress(int position, StepProgress progress)
    {
        var before = Interlocked.Read(ref _lastProgress);
        if (before != 0 && time.GetElapsedTime(before) < Pace)
            return;
        Interlocked.Exchange(ref _lastProgress, time.GetTimestamp());
        Report(new ProgressReport(
            0, now(), position, progress.Percent is { } percent ? Math.Round(percent, 1) : null, progress.BytesDone, progress.BytesTotal, progress.Text));
    }

    public void Log(int position, StepLogSource source, string text)
    {
        // PostgreSQL cannot keep U+0000 in a text.
        text = text.Replace('\0', '\ufffd');
        for (var at = 0; at < text.Length; at += MostText)
            Report(new StepLogReport(0, now(), position, source, text.Substring(at, Math.Min(MostText, text.Length - at))));
    }

    public void StepFinished(int position, int attempt, StepResult result) =>
        Report(new StepFinishedReport(0, now(), position, attempt, result.Outcome, result.Error, result.Variables));

    public void PhaseFinished(string phase, ActionError? error) =>
        Report(new PhaseFinishedReport(0, now(), phase, error is null ? StepOutcome.Succeeded : StepOutcome.Failed, error));

    public void RescueLog(string name, string text) => Report(new RescueLogReport(0, now(), name, text.Replace('\0', '\ufffd')));

    private void Report(DeploymentReport report)
    {
        store.Append(report);
        raise();
    }
}
