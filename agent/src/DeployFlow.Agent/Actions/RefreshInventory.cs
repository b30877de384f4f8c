using DeployFlow.Agent.Inventory;
using DeployFlow.Contracts;
using DeployFlow.Engine;

namespace DeployFlow.Agent.Actions;

public sealed class RefreshInventory(InventoryLoop inventory) : IActionHandler
{
    public string Kind => ActionKind.RefreshInventory;

    public async Task<ActionResult?> RunAsync(RunningActionContext context, CancellationToken cancellationToken)
    {
        if (EmptyPayloads.Refusal(context.Order) is { } refusal)
            return refusal;
        return await inventory.SendNowAsync(cancellationToken) is { } problem
            ? ActionResult.Failed(problem.Code, problem.Message)
            : ActionResult.Succeeded();
    }
}
