using DeployFlow.Contracts;
using DeployFlow.Contracts.Boot;

namespace DeployFlow.Engine.Steps;

/// <summary>Hears how a deployment goes.</summary>
public interface IDeploymentReporter
{
    void StepStarted(int position, int attempt);

    void Progress(int position, StepProgress progress);

    void Log(int position, StepLogSource source, string text);

    void StepFinished(int position, int attempt, StepResult result);

    void PhaseFinished(string phase, ActionError? error);

    void RescueLog(string name, string text);
}

/// <param name="Percent">0 to 100; null where it cannot be known.</param>
public sealed record StepProgress(double? Percent, long? BytesDone, long? BytesTotal, string? Text);

/// <summary>Tells several.</summary>
public sealed class DeploymentReporters(params IDeploymentReporter[] reporters) : IDeploymentReporter
{
    public void StepStarted(int position, int attempt) => Array.ForEach(reporters, reporter => reporter.StepStarted(position, attempt));

    public void Progress(int position, StepProgress progress) => Array.ForEach(reporters, reporter => reporter.Progress(position, progress));

    public void Log(int position, StepLogSource source, string text) => Array.ForEach(reporters, reporter => reporter.Log(position, source, text));

    public void StepFinished(int position, int attempt, StepResult result) =>
        Array.ForEach(reporters, reporter => reporter.StepFinished(position, attempt, result));

    public void PhaseFinished(string phase, ActionError? error) => Array.ForEach(reporters, reporter => reporter.PhaseFinished(phase, error));

    public void RescueLog(string name, string text) => Array.ForEach(reporters, reporter => reporter.RescueLog(name, text));
}
