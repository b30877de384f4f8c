using System.Text.Json;
using DeployFlow.Contracts;
using DeployFlow.Engine;

namespace DeployFlow.Agent.Actions;

/// <summary>
/// restart_device and shut_down_device. A restart is done when the agent runs in another boot of the system; a machine
/// that is off tells nothing, so a shutdown is done when the system has taken the order.
/// </summary>
/// <param name="goDown">Gives what went wrong, if anything did.</param>
/// <param name="bootId">Id of this boot of the operating system.</param>
/// <param name="isStopping">The agent ends: its next run goes on.</param>
public sealed class PowerActions(
    string kind, Func<string?> goDown, string bootId, OngoingActions ongoing, Func<bool> isStopping, TimeProvider time) : IActionHandler
{
    /// <summary>Nothing was asked of the system yet.</summary>
    private const string Waiting = "waiting";

    public string Kind => kind;

    public async Task<ActionResult?> RunAsync(RunningActionContext context, CancellationToken cancellationToken)
    {
        PowerPayload payload;
        try
        {
            payload = context.Order.Payload.Deserialize(WireJson.Default.PowerPayload) ?? throw new JsonException("The payload is null.");
        }
        catch (JsonException error)
        {
            return ActionResult.Failed(ErrorCode.InvalidPayload, error.Message);
        }

        var actionId = context.Order.ActionId;
        if (ongoing.Find(actionId) is not { } before)
        {
            ongoing.Begin(context.Order, Waiting);
            before = ongoing.Find(actionId)!;
        }

        if (before.State != Waiting && before.State != bootId)
            return End(actionId, Done());
        try
        {
            if (before.State == Waiting && payload.DelayS > 0)
                await Task.Delay(TimeSpan.FromSeconds(payload.DelayS), time, cancellationToken);
            return await GoDownAsync(actionId, cancellationToken);
        }
        catch (OperationCanceledException) when (isStopping())
        {
            return null;
        }
        catch (OperationCanceledException)
        {
            ongoing.Remove(actionId);
            throw;
        }
    }

    private async Task<ActionResult?> GoDownAsync(string actionId, CancellationToken cancellationToken)
    {
        // Written before it is asked: the machine may be gone in the next moment.
        ongoing.Keep(actionId, bootId);
        if (goDown() is { } problem)
            return End(actionId, ActionResult.Failed(ErrorCode.RestartRefused, $"The system does not go down: {problem}"));
        if (kind == ActionKind.ShutDownDevice)
            return End(actionId, Done());
        await Task.Delay(Timeout.InfiniteTimeSpan, time, cancellationToken);
        throw new InvalidOperationException("An endless wait has ended.");
    }

    private ActionResult Done() => ActionResult.Succeeded() with { Facts = new() { ["boot_id"] = bootId } };

    private ActionResult End(string actionId, ActionResult result)
    {
        ongoing.Remove(actionId);
        return result;
    }
}
