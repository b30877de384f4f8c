using System.Text.Json;
using DeployFlow.Contracts;
using DeployFlow.Engine;
using DeployFlow.Engine.Scripts;

namespace DeployFlow.Agent.Actions;

public sealed class RunScript(ScriptRunner runner) : IActionHandler
{
    public string Kind => ActionKind.RunScript;

    public async Task<ActionResult?> RunAsync(RunningActionContext context, CancellationToken cancellationToken)
    {
        RunScriptPayload? payload;
        try
        {
            payload = context.Order.Payload.Deserialize(WireJson.Default.RunScriptPayload);
        }
        catch (JsonException error)
        {
            return ActionResult.Failed(ErrorCode.InvalidPayload, error.Message);
        }

        if (payload is null)
            return ActionResult.Failed(ErrorCode.InvalidPayload, "The payload is null.");
        var (order, refusal) = ScriptOrder.Of(context.Order.ActionId, payload, context.Order.LogLimitBytes);
        if (order is null)
            return refusal;
        return await runner.RunAsync(order, context, context.Trace, () => context.LogTruncated = true, cancellationToken);
    }
}
