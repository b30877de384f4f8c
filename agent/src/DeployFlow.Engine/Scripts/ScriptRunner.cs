using System.Text;
using DeployFlow.Contracts;
using DeployFlow.Engine.Os;

namespace DeployFlow.Engine.Scripts;

/// <summary>Runs a script to its end and passes its output on while it runs.</summary>
public sealed class ScriptRunner(
    IProcessLauncher launcher, Interpreters interpreters, ScriptFolders folders, IChildEnvironment environment, TimeProvider time)
{
    /// <summary>How long to read on after the program ended: a process it left running may hold the pipe for ever.</summary>
    private static readonly TimeSpan Drain = TimeSpan.FromMilliseconds(500);

    /// <param name="started">Told as soon as the process runs, to be kept where a restarted agent finds it.</param>
    /// <param name="cancellationToken">Kills the whole process tree.</param>
    /// <exception cref="OperationCanceledException">It was killed because of <paramref name="cancellationToken"/>.</exception>
    /// <param name="truncated">Told when the limit of output was reached.</param>
    public async Task<ActionResult> RunAsync(
        ScriptOrder order, ILogSink sink, Action<ProcessTrace> started, Action truncated, CancellationToken cancellationToken)
    {
        if (interpreters.For(order.Language) is not { } interpreter)
            return Missing(order.Language);
        using var folder = folders.Create(order, interpreter);
        using var log = new OutputLog(sink, order.LogLimitBytes, order.Secrets, time);
        var marker = interpreter.HasMarker ? new MarkerLine() : null;
        IRunningProcess process;
        try
        {
            process = launcher.Start(new ProcessOrder(
                interpreter.Program, [.. interpreter.Arguments, folder.Entry], Variables(order, marker), folder.Path, order.Id));
        }
        catch (ProcessStartException error)
        {
            return ActionResult.Failed(ErrorCode.StartFailed, error.Message);
        }

        started(process.Trace);
        var reading = Task.WhenAll(
            ReadAsync(process.Output, bytes => log.Append(LogSource.Out, marker is null ? bytes : marker.Strip(bytes))),
            ReadAsync(process.Errors, bytes => log.Append(LogSource.Err, bytes)));
        _ = reading.ContinueWith(_ => process.Dispose(), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        int exitCode;
        await using (cancellationToken.Register(process.KillTree))
            exitCode = await process.Exited.ConfigureAwait(false);
        // Does not throw: a pipe that is still held is left to its reader.
        await Task.WhenAny(reading, Task.Delay(Drain, time, CancellationToken.None)).ConfigureAwait(false);
        if (marker is not null)
            log.Append(LogSource.Out, marker.Rest());
        log.Complete();
        if (log.Truncated)
            truncated();
        cancellationToken.ThrowIfCancellationRequested();
        return Judge(exitCode, marker);
    }

    private static ActionResult Judge(int exitCode, MarkerLine? marker)
    {
        if (marker is { Seen: false })
        {
            return ActionResult.Failed(
                ErrorCode.PowershellUnavailable, $"PowerShell ended with exit code {exitCode} without running the script; a policy may block it.", exitCode);
        }

        return exitCode == 0
            ? ActionResult.Succeeded(0)
            : ActionResult.Failed(ErrorCode.NonZeroExit, $"The script ended with exit code {exitCode}.", exitCode);
    }

    private static ActionResult Missing(string language) =>
        language == ScriptLanguage.Powershell
            ? ActionResult.Failed(ErrorCode.PowershellUnavailable, "This machine has no PowerShell.")
            : ActionResult.Failed(ErrorCode.InterpreterMissing, $"This machine has nothing to run {language} with.");

    private Dictionary<string, string> Variables(ScriptOrder order, MarkerLine? marker)
    {
        var variables = environment.Variables();
        foreach (var (name, value) in order.Variables)
            variables[name] = value;
        if (order.Language == ScriptLanguage.Python)
        {
            variables["PYTHONUTF8"] = "1";
            variables["PYTHONIOENCODING"] = "utf-8";
        }

        if (marker is not null)
            variables["DEPLOYFLOW_MARKER"] = marker.Text;
        return variables;
    }

    /// <summary>On a thread of its own: a read of a pipe blocks, and the pool's threads are few.</summary>
    internal static Task ReadAsync(Stream stream, OutputTaker take)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        new Thread(
            () =>
            {
                var buffer = new byte[LogReport.MaxTextBytes];
                try
                {
                    for (int count; (count = stream.Read(buffer)) > 0;)
                        take(buffer.AsSpan(0, count));
                }
                catch (Exception error) when (error is IOException or ObjectDisposedException)
                {
                    // Windows reports the end of a pipe as an error.
                }

                done.SetResult();
            },
            maxStackSize: 256 * 1024)
        {
            IsBackground = true,
            Name = "output",
        }.Start();
        return done.Task;
    }

    internal delegate void OutputTaker(ReadOnlySpan<byte> bytes);
}

/// <summary>What a script finds in its environment before its own parameters.</summary>
public interface IChildEnvironment
{
    Dictionary<string, string> Variables();
}
