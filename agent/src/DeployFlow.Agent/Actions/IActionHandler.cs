using DeployFlow.Contracts;
using DeployFlow.Engine;
using DeployFlow.Engine.Os;
using DeployFlow.Engine.Scripts;
using Microsoft.Data.Sqlite;

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
        try
        {
            var kept = journal.Log(Order.ActionId, source, text);
            reported();
            return kept;
        }
        catch (SqliteException)
        {
            // The disk is full: the script goes on, and its output ends here, marked as cut.
            return false;
        }
    }

    public void Trace(ProcessTrace trace)
    {
        try
        {
            journal.Trace(trace);
        }
        catch (SqliteException)
        {
            // The process carries the action's mark in its environment, so it is found without this.
        }
    }
}
