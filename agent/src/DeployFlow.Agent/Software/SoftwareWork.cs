using DeployFlow.Contracts;
using DeployFlow.Engine.Os;
using DeployFlow.Engine.Scripts;
using DeployFlow.Engine.Software;

namespace DeployFlow.Agent.Software;

/// <summary>One item at a time: look, download, run, look again. What is so already is left alone.</summary>
public sealed class SoftwareWork(
    SoftwareDetection detection, CommandRunner commands, InstallerDownload downloads, DataDirectory data, Func<MachineFacts> machine, Random random,
    TimeProvider time)
{
    /// <summary>How long another installation may hold Windows Installer before this one is given up.</summary>
    private const int MostRetries = 20;

    private static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(30);

    /// <param name="runsBefore">How often the command was begun by an agent that died in it.</param>
    public async Task<SoftwareResult> DoAsync(string kind, SoftwareOrder order, int runsBefore, SoftwareTask task, CancellationToken cancellationToken)
    {
        if (Unfit(order) is { } reason)
        {
            task.Say($"{order.Name}: left out. {reason}");
            return Result(order, SoftwareOutcome.NotForThisDevice, Detected.Unknown(reason)) with { Error = new ActionError(ErrorCode.NotForThisDevice, reason) };
        }

        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(Math.Max(order.TimeoutS, 1)), time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            return await DoInTimeAsync(kind, order, runsBefore, task, both.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return Failed(order, ErrorCode.TimedOut, $"It was ended after {order.TimeoutS} s, its time limit.", Detected.Unknown(""));
        }
        finally
        {
            if (!cancellationToken.IsCancellationRequested && order.Installer is { } installer)
                downloads.Remove(installer);
        }
    }

    private async Task<SoftwareResult> DoInTimeAsync(string kind, SoftwareOrder order, int runsBefore, SoftwareTask task, CancellationToken cancellationToken)
    {
        var before = await LookAsync(order, task, cancellationToken);
        if (kind == ActionKind.DetectSoftware)
            return before.Problem is { } unclear ? Failed(order, ErrorCode.DetectionFailed, unclear, before) : Say(order, SoftwareOutcome.Detected, before, task);
        var goal = kind == ActionKind.InstallSoftware ? SoftwareState.Installed : SoftwareState.Missing;
        if (order.Detection is not null && before.Problem is { } problem)
            return Failed(order, ErrorCode.DetectionFailed, $"{problem} Nothing was changed.", before);
        if (order.Detection is not null && before.State == goal)
        {
            var already = kind == ActionKind.InstallSoftware ? SoftwareOutcome.AlreadyInstalled : SoftwareOutcome.AlreadyAbsent;
            // The agent died in the middle of it: what the rule finds is what it did.
            var done = kind == ActionKind.InstallSoftware ? SoftwareOutcome.Installed : SoftwareOutcome.Uninstalled;
            return Say(order, runsBefore > 0 ? done : already, before, task);
        }

        if (runsBefore > 0 && order.Detection is null)
            return Failed(order, ErrorCode.AgentDied, "The agent was stopped while the command ran, and no detection rule tells whether it took effect; add one, then order it again.", before);
        if (runsBefore > 1)
            return Failed(order, ErrorCode.AgentDied, "The agent was stopped twice while the command ran, and the detection rule says that it took no effect; it is not tried again.", before);
        if (order.Command is not { } command)
            return Failed(order, ErrorCode.InvalidPayload, "The order names no command.", before);
        if (order.Installer is { } installer && await BringAsync(order, installer, task, cancellationToken) is { } missing)
            return Failed(order, missing.Code, missing.Message, before);
        return await RunAsync(kind, order, command, before, task, cancellationToken);
    }

    private async Task<ActionError?> BringAsync(SoftwareOrder order, SoftwareInstaller installer, SoftwareTask task, CancellationToken cancellationToken)
    {
        // A download is taken up as often as it takes: what it costs the agent is no sign of a bad order.
        task.Advanced(0);
        if (!downloads.IsHere(installer) && task.StartWithinS > 0)
            await Task.Delay(TimeSpan.FromSeconds(random.NextDouble() * task.StartWithinS), time, cancellationToken);
        task.Say($"{order.Name}: downloading {installer.FileName} ({Math.Max(1, installer.SizeBytes >> 10)} KiB).");
        var error = await downloads.BringAsync(installer, task.PathOf(installer), task.Advanced, cancellationToken);
        if (error is null)
            task.Say($"{order.Name}: the file is here, its SHA-256 is right.");
        return error;
    }

    private async Task<SoftwareResult> RunAsync(
        string kind, SoftwareOrder order, string command, Detected before, SoftwareTask task, CancellationToken cancellationToken)
    {
        var file = order.Installer is null ? null : downloads.FileOf(order.Installer);
        var folder = file is null ? data.Path : Path.GetDirectoryName(file)!;
        task.Begins();
        for (var retries = 0; ; retries++)
        {
            task.Say($"{order.Name}: {command}");
            var end = await commands.RunAsync(command, file, folder, task.ActionId, task.Log, task.LogLimit, task.Started, cancellationToken);
            if (end.ExitCode is not { } code)
                return Failed(order, end.Error!.Code, end.Error.Message, before);
            var meaning = Meaning(order, code);
            if (meaning == ExitCodeMeaning.Retry && retries < MostRetries)
            {
                task.Say($"{order.Name}: exit code {code}, it is tried again in {RetryPause.TotalSeconds:0} s.");
                await Task.Delay(RetryPause, time, cancellationToken);
                continue;
            }

            var after = await LookAsync(order, task, cancellationToken);
            return Judge(kind, order, code, meaning, after, task) with { ExitCode = code };
        }
    }

    private static SoftwareResult Judge(string kind, SoftwareOrder order, int code, string? meaning, Detected after, SoftwareTask task)
    {
        if (meaning is not (ExitCodeMeaning.Success or ExitCodeMeaning.Reboot))
        {
            var why = meaning == ExitCodeMeaning.Retry ? "it was busy each time" : "none of those that mean success";
            return Failed(order, ErrorCode.NonZeroExit, $"The command ended with exit code {code}, {why}.", after);
        }

        var isInstall = kind == ActionKind.InstallSoftware;
        var reboot = meaning == ExitCodeMeaning.Reboot;
        var goal = isInstall ? SoftwareState.Installed : SoftwareState.Missing;
        if (order.Detection is not null && after.State != goal && !reboot)
        {
            return isInstall
                ? Failed(order, ErrorCode.NotDetected, $"The command ended well (exit code {code}), and the detection rule does not find it afterwards; check the rule and the command. {after.Problem}".Trim(), after)
                : Failed(order, ErrorCode.StillDetected, $"The command ended well (exit code {code}), and the detection rule still finds it; check the rule and the command. {after.Problem}".Trim(), after);
        }

        // Without a rule the exit code has to be believed; before a restart the rule may not see it yet.
        var state = order.Detection is null ? new Detected(goal, order.Version is { Length: > 0 } version && isInstall ? version : null)
            : after.State == goal ? after : Detected.Unknown("");
        return Say(order, isInstall ? SoftwareOutcome.Installed : SoftwareOutcome.Uninstalled, state, task) with { Reboot = reboot };
    }

    private async Task<Detected> LookAsync(SoftwareOrder order, SoftwareTask task, CancellationToken cancellationToken) =>
        order.Detection is null ? Detected.Unknown("") : await detection.AskAsync(order.Detection, task.ActionId, task.Started, cancellationToken);

    private string? Unfit(SoftwareOrder order)
    {
        var facts = machine();
        if (order.OsFamily != facts.OsFamily)
            return $"It is for {order.OsFamily}, and this machine runs {facts.OsFamily}.";
        if (order.Architecture is { } architecture && architecture != facts.Architecture)
            return $"It is for {architecture}, and this machine is {facts.Architecture}.";
        if (order.MinOsVersion is { } least && VersionComparison.Compare(facts.OsVersion, least) < 0)
            return $"It needs version {least} of the system, and this machine has {facts.OsVersion}.";
        return null;
    }

    /// <summary>Windows' codes have 32 bits without a sign; both ways to write one are the same.</summary>
    private static string? Meaning(SoftwareOrder order, int code) =>
        order.ExitCodes.FirstOrDefault(known => known.Code == code || known.Code == unchecked((uint)code))?.Meaning;

    private static SoftwareResult Say(SoftwareOrder order, string outcome, Detected state, SoftwareTask task)
    {
        var version = state.Version is null ? "" : $" (version {state.Version})";
        task.Say(outcome switch
        {
            SoftwareOutcome.AlreadyInstalled => $"{order.Name}: is installed already{version}; nothing was changed.",
            SoftwareOutcome.AlreadyAbsent => $"{order.Name}: is not installed; nothing was changed.",
            SoftwareOutcome.Installed => $"{order.Name}: installed{version}.",
            SoftwareOutcome.Uninstalled => $"{order.Name}: uninstalled.",
            _ => $"{order.Name}: {state.State}{version}.",
        });
        return Result(order, outcome, state);
    }

    private static SoftwareResult Failed(SoftwareOrder order, string code, string message, Detected state) =>
        Result(order, SoftwareOutcome.Failed, state) with { Error = new ActionError(code, message) };

    private static SoftwareResult Result(SoftwareOrder order, string outcome, Detected state) =>
        new(order.SoftwareId, order.VersionId, outcome, state.State, state.Version, null, Reboot: false, null);
}

/// <summary>What an item's work tells to the outside.</summary>
/// <param name="PathOf">Where the server has a file.</param>
/// <param name="Begins">Told before the command runs, to be written down.</param>
/// <param name="Advanced">Told when a download begins, and of each good piece of it.</param>
/// <param name="Started">Told of each process, so that it is found after the agent's death.</param>
public sealed record SoftwareTask(
    string ActionId, int StartWithinS, ILogSink Log, long LogLimit, Func<SoftwareInstaller, string> PathOf, Action Begins, Action<long> Advanced,
    Action<ProcessTrace> Started)
{
    public void Say(string line) => Log.Append(LogSource.Agent, line + "\n");
}
