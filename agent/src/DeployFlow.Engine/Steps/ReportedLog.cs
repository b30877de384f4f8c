using DeployFlow.Contracts.Boot;
using DeployFlow.Engine.Os;

namespace DeployFlow.Engine.Steps;

/// <summary>What a step says, told as that of its position.</summary>
public sealed class ReportedLog(IDeploymentReporter reporter, int position) : IStepLog
{
    public void Engine(string text) => reporter.Log(position, StepLogSource.Engine, text + "\n");

    public void Output(string text) => reporter.Log(position, StepLogSource.Out, text);

    public void Errors(string text) => reporter.Log(position, StepLogSource.Err, text);

    public void Progress(long done, long total, string? text = null) =>
        reporter.Progress(position, new StepProgress(total > 0 ? Math.Min(100, done * 100.0 / total) : null, done, total, text));

    public void Percent(double percent, string? text = null) => reporter.Progress(position, new StepProgress(percent, null, null, text));
}
