namespace DeployFlow.Engine.Os;

/// <summary>Starts a program in a process tree of its own, so that all of it can be ended.</summary>
public interface IProcessLauncher
{
    /// <exception cref="ProcessStartException">The operating system refused to start the program.</exception>
    IRunningProcess Start(ProcessOrder order);

    /// <summary>Kills what a dead agent had started and what still runs of it.</summary>
    /// <returns>How many processes were killed.</returns>
    int KillLeftovers(ProcessTrace trace);
}

/// <param name="FileName">An absolute path.</param>
/// <param name="Arguments">One by one; on Windows <paramref name="RawArguments"/> stands in their place where it is given.</param>
/// <param name="Environment">The whole environment of the program.</param>
/// <param name="Mark">Put into the environment, so that a process that left the tree is still found.</param>
/// <param name="RawArguments">For programs that take their line apart by rules of their own, as msiexec does.</param>
/// <param name="TakesInput">Its standard input is <see cref="IRunningProcess.Input"/>; on Linux only, where an image is streamed.</param>
public sealed record ProcessOrder(
    string FileName,
    IReadOnlyList<string> Arguments,
    IReadOnlyDictionary<string, string> Environment,
    string WorkingDirectory,
    string Mark,
    bool TakesInput = false,
    string? RawArguments = null)
{
    public const string MarkVariable = "DEPLOYFLOW_ACTION_ID";
}

/// <summary>Enough to find a process again after the agent died.</summary>
/// <param name="Stamp">Start time in the operating system's own unit: a process id alone is used again.</param>
public sealed record ProcessTrace(string Mark, int Pid, long Stamp);

public interface IRunningProcess : IDisposable
{
    ProcessTrace Trace { get; }

    /// <summary>Ends when the last process that holds the pipe ends, which may be after <see cref="Exited"/>.</summary>
    Stream Output { get; }

    /// <inheritdoc cref="Output"/>
    Stream Errors { get; }

    /// <summary>To be closed at the end of the input; null where the order did not ask for it.</summary>
    Stream? Input => null;

    /// <summary>The exit code of the program itself; 128 + signal where a signal ended it.</summary>
    Task<int> Exited { get; }

    /// <summary>Kills the program and everything it started. May be called at any time and more than once.</summary>
    void KillTree();
}

public sealed class ProcessStartException(string message) : Exception(message);
