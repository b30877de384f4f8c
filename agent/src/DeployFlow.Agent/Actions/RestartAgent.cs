using DeployFlow.Contracts;
using DeployFlow.Engine;

namespace DeployFlow.Agent.Actions;

/// <summary>Ends this run of the agent once nothing else runs. The next run reports the success: it is the proof.</summary>
/// <param name="restart">Asks the host to end with a restart.</param>
/// <param name="drain">Returns when no other action runs.</param>
public sealed class RestartAgent(Func<string, CancellationToken, Task> drain, Action restart) : IActionHandler
{
    public string Kind => ActionKind.RestartAgent;

    public async Task<ActionResult?> RunAsync(RunningActionContext context, CancellationToken cancellationToken)
    {
        if (EmptyPayloads.Refusal(context.Order) is { } refusal)
            return refusal;
        await drain(context.Order.ActionId, cancellationToken);
        restart();
        return null;
    }
}
