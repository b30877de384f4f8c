using DeployFlow.Contracts;
using DeployFlow.Contracts.Boot;

namespace DeployFlow.Engine.Steps;

/// <summary>Does one type of task of a deployment, wherever it runs.</summary>
public interface IDeploymentStep
{
    string Type { get; }

    /// <exception cref="StepFailedException">It failed; the message is one sentence for a technician.</exception>
    Task<StepResult> RunAsync(StepContext context, CancellationToken cancellationToken);
}

/// <summary>How an attempt of a step ended.</summary>
/// <param name="RebootTo">environment or os: the machine is to start anew before the next step.</param>
public sealed record StepResult(StepOutcome Outcome, ActionError? Error = null, string? RebootTo = null)
{
    /// <summary>What it found out or was told to remember.</summary>
    public IReadOnlyDictionary<string, string> Variables { get; init; } = new Dictionary<string, string>();

    public static StepResult Succeeded() => new(StepOutcome.Succeeded);

    public static StepResult Skipped() => new(StepOutcome.Skipped);

    public static StepResult Failed(string code, string message) => new(StepOutcome.Failed, new ActionError(code, message));

    public static StepResult Reboot(string to) => new(StepOutcome.Succeeded, RebootTo: to);
}

/// <summary>What a step was told to do is not possible here and now.</summary>
/// <param name="code">One of <see cref="StepErrorCode"/>.</param>
public sealed class StepFailedException(string code, string message, Exception? inner = null) : Exception(message, inner)
{
    public string Code { get; } = code;

    public StepResult Result => StepResult.Failed(Code, Message);
}
