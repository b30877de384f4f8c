using System.Text.Json;
using DeployFlow.Contracts;
using DeployFlow.Engine;

namespace DeployFlow.Agent.Actions;

/// <summary>For kinds that take no payload: anything in it is something this agent does not understand.</summary>
internal static class EmptyPayloads
{
    public static ActionResult? Refusal(ActionOrder order)
    {
        try
        {
            _ = order.Payload.Deserialize(WireJson.Default.EmptyPayload);
            return null;
        }
        catch (JsonException error)
        {
            return ActionResult.Failed(ErrorCode.InvalidPayload, error.Message);
        }
    }
}
