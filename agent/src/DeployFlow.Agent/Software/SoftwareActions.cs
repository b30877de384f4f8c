using System.Text.Json;
using System.Text.Json.Nodes;
using DeployFlow.Agent.Actions;
using DeployFlow.Contracts;
using DeployFlow.Engine;

namespace DeployFlow.Agent.Software;

/// <summary>
/// install_software, uninstall_software, detect_software. Taken up again after the agent's death: the detection rule tells
/// whether what was cut short took effect.
/// </summary>
/// <param name="isStopping">The agent ends in good order: its next run goes on.</param>
public sealed class SoftwareActions(string kind, SoftwareWork work, OngoingActions ongoing, Func<bool> isStopping) : IActionHandler
{
    /// <summary>An action that the agent dies of again and again is left alone.</summary>
    private const int MostDeaths = 3;

    public string Kind => kind;

    public async Task<ActionResult?> RunAsync(RunningActionContext context, CancellationToken cancellationToken)
    {
        SoftwarePayload payload;
        try
        {
            payload = context.Order.Payload.Deserialize(WireJson.Default.SoftwarePayload) ?? throw new JsonException("The payload is null.");
        }
        catch (JsonException error)
        {
            return ActionResult.Failed(ErrorCode.InvalidPayload, error.Message);
        }

        var actionId = context.Order.ActionId;
        var before = ongoing.Find(actionId);
        if (before is null)
            ongoing.Begin(context.Order, SoftwareProgress.Start.Text());
        var progress = before is null ? SoftwareProgress.Start : SoftwareProgress.Read(before.State);
        if (before is not null && ongoing.CountDeath(actionId) >= MostDeaths)
        {
            ongoing.Remove(actionId);
            return ActionResult.Interrupted() with
            {
                Error = new ActionError(ErrorCode.AgentDied, $"The agent ended {MostDeaths} times while it worked on this; it is left alone. Look into the agent's log before it is ordered again."),
                Facts = Facts(progress.Results),
            };
        }

        try
        {
            var results = await DoAsync(payload, progress, context, cancellationToken);
            ongoing.Remove(actionId);
            return Judge(payload, results);
        }
        catch (OperationCanceledException) when (isStopping())
        {
            ongoing.Forgive(actionId, before?.Deaths ?? 0);
            return null;
        }
        catch (OperationCanceledException)
        {
            ongoing.Remove(actionId);
            throw;
        }
    }

    private async Task<IReadOnlyList<SoftwareResult>> DoAsync(
        SoftwarePayload payload, SoftwareProgress progress, RunningActionContext context, CancellationToken cancellationToken)
    {
        var actionId = context.Order.ActionId;
        var task = new SoftwareTask(
            actionId, payload.StartWithinS, context, context.Order.LogLimitBytes, installer => $"agent/v1/actions/{actionId}/content/{installer.Sha256}",
            () =>
            {
                progress = progress with { Runs = progress.Runs + 1 };
                ongoing.Keep(actionId, progress.Text());
            },
            _ => ongoing.Forgive(actionId, 0), context.Trace);
        while (progress.Item < payload.Items.Count)
        {
            var order = payload.Items[progress.Item];
            var result = await work.DoAsync(kind, order, progress.Runs, task, cancellationToken);
            progress = new SoftwareProgress(progress.Item + 1, 0, [.. progress.Results, result]);
            if (result.Error is { } error)
                task.Say($"{order.Name}: {error.Message}");
            if (result.Outcome == SoftwareOutcome.Failed && !order.ContinueOnError)
                break;
            ongoing.Keep(actionId, progress.Text());
        }

        return progress.Results;
    }

    private static ActionResult Judge(SoftwarePayload payload, IReadOnlyList<SoftwareResult> results)
    {
        var facts = Facts(results);
        var last = results.LastOrDefault(result => result.ExitCode is not null)?.ExitCode;
        var failed = results.Count > 0 ? results[^1] : null;
        if (failed is { Outcome: SoftwareOutcome.Failed, Error: { } error } && !payload.Items[results.Count - 1].ContinueOnError)
            return ActionResult.Failed(error.Code, Named(payload, results.Count - 1, error.Message), failed.ExitCode) with { Facts = facts };
        if (results.Count > 0 && results.All(result => result.Outcome == SoftwareOutcome.NotForThisDevice))
            return ActionResult.Failed(ErrorCode.NotForThisDevice, Named(payload, 0, results[0].Error!.Message)) with { Facts = facts };
        return ActionResult.Succeeded(last) with { Facts = facts };
    }

    /// <summary>In a bundle the sentence says of which item it speaks.</summary>
    private static string Named(SoftwarePayload payload, int at, string message) =>
        payload.Items.Count > 1 ? $"{payload.Items[at].Name}: {message}" : message;

    private static JsonObject Facts(IReadOnlyList<SoftwareResult> results) => new()
    {
        ["software"] = JsonSerializer.SerializeToNode(results, WireJson.Default.IReadOnlyListSoftwareResult),
        ["reboot_required"] = results.Any(result => result.Reboot),
    };
}
