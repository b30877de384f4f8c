using DeployFlow.Contracts;
using DeployFlow.Engine.Os;
using DeployFlow.Engine.Scripts;

namespace DeployFlow.Engine.Software;

/// <summary>Runs the command of an item to its end and passes its output on.</summary>
public sealed class CommandRunner(IProcessLauncher launcher, IProgramFiles programs, IChildEnvironment environment, ISoftwareFacts facts, TimeProvider time)
{
    /// <summary>How long to read on after the program ended: what it left running may hold the pipe for ever.</summary>
    private static readonly TimeSpan Drain = TimeSpan.FromMilliseconds(500);

    /// <param name="installer">The file that <c>{installer}</c> stands for.</param>
    /// <param name="folder">Where it runs.</param>
    /// <param name="cancellationToken">Kills the whole process tree.</param>
    /// <returns>The exit code, or why there is none.</returns>
    public async Task<CommandEnd> RunAsync(
        string command, string? installer, string folder, string actionId, ILogSink sink, long logLimit, Action<ProcessTrace> started,
        CancellationToken cancellationToken)
    {
        if (CommandText.Of(command, installer, folder, facts.Expand) is not { } text)
            return CommandEnd.Refused(ErrorCode.CommandNotFound, "The command cannot be read: a quote in it is not closed.");
        if (text.Find(programs, folder) is not { } program)
            return CommandEnd.Refused(ErrorCode.CommandNotFound, $"The program '{text.Program}', with which the command begins, is not on this machine; give its full path, or install it before.");
        var variables = environment.Variables();
        if (!OperatingSystem.IsWindows())
            variables["DEBIAN_FRONTEND"] = "noninteractive";
        using var log = new OutputLog(sink, logLimit, [], time);
        IRunningProcess process;
        try
        {
            process = launcher.Start(new ProcessOrder(program, text.Arguments, variables, folder, actionId, RawArguments: text.RawArguments));
        }
        catch (ProcessStartException error)
        {
            return CommandEnd.Refused(ErrorCode.StartFailed, $"The command cannot be started: {error.Message}");
        }

        started(process.Trace);
        var reading = Task.WhenAll(
            ScriptRunner.ReadAsync(process.Output, bytes => log.Append(LogSource.Out, bytes)),
            ScriptRunner.ReadAsync(process.Errors, bytes => log.Append(LogSource.Err, bytes)));
        _ = reading.ContinueWith(_ => process.Dispose(), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        int exitCode;
        await using (cancellationToken.Register(process.KillTree))
            exitCode = await process.Exited.ConfigureAwait(false);
        await Task.WhenAny(reading, Task.Delay(Drain, time, CancellationToken.None)).ConfigureAwait(false);
        log.Complete();
        cancellationToken.ThrowIfCancellationRequested();
        return new CommandEnd(exitCode, null);
    }
}

/// <param name="Error">Why it did not run; then there is no exit code.</param>
public sealed record CommandEnd(int? ExitCode, ActionError? Error)
{
    public static CommandEnd Refused(string code, string message) => new(null, new ActionError(code, message));
}
