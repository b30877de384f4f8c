using System.Text.Json.Nodes;
using DeployFlow.Contracts;

namespace DeployFlow.Engine;

/// <summary>How an action ended. A value: exceptions are for bugs.</summary>
public sealed record ActionResult(ActionOutcome Outcome, int? ExitCode = null, ActionError? Error = null)
{
    /// <summary>Facts for the server beyond the exit code; an empty object mostly.</summary>
    public JsonObject Facts { get; init; } = [];

    public static ActionResult Succeeded(int? exitCode = null) => new(ActionOutcome.Succeeded, exitCode);

    public static ActionResult Failed(string code, string message, int? exitCode = null) =>
        new(ActionOutcome.Failed, exitCode, new ActionError(code, message));

    public static ActionResult TimedOut(TimeSpan timeout) =>
        new(ActionOutcome.TimedOut, null, new ActionError(ErrorCode.TimedOut, $"Killed after {timeout.TotalSeconds:0} s, its timeout."));

    public static ActionResult Cancelled() =>
        new(ActionOutcome.Cancelled, null, new ActionError(ErrorCode.Cancelled, "Cancelled by the server."));

    public static ActionResult Expired(DateTimeOffset expiresAt) =>
        new(ActionOutcome.Expired, null, new ActionError("expired", $"Not started: it expired at {expiresAt:u}."));

    public static ActionResult Interrupted() =>
        new(ActionOutcome.Interrupted, null, new ActionError(ErrorCode.AgentDied, "The agent was stopped while the action ran; whether it took effect is not known."));
}
