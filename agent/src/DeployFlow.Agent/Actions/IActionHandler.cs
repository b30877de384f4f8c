using DeployFlow.Contracts;
using DeployFlow.Engine;
using DeployFlow.Engine.Os;
using DeployFlow.Engine.Scripts;

namespace DeployFlow.Agent.Actions;

/// <summary>Does one kind of action. Its intent is in the journal when it is called.</summary>
public interface IActionHandler
{
    string Kind { get; }

    /// <param name="cancellationToken">Timeout, cancel or the agent's stop; everything that was started must be ended.</param>
    /// <returns>Null where only the agent's next run knows the result.</returns>
    Task<ActionResult?> RunAsync(RunningActionContext context, CancellationToken cancellationToken);
}

/// <summary>An action while it runs.</summary>
public sealed class RunningActionContext(ActionOrder order, Journal journal, Action reported) : ILogSink
{
    public ActionOrder Order { get; } = order;

    /// <summary>The limit of output was reached.</summary>
    public bool LogTruncated { get; set; }

    public bool Append(LogSource source, string text)
    {
        var kept = journal.Log(Order.ActionId, source, text);
        reported();
        return kept;
    }

    public void Trace(ProcessTrace trace) => journal.Trace(trace);
}
