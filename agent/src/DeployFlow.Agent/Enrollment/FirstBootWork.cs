using DeployFlow.Engine.Os;
using DeployFlow.Engine.Scripts;
using DeployFlow.Engine.Steps;
using Microsoft.Extensions.Logging;

namespace DeployFlow.Agent.Enrollment;

/// <summary>
/// What a deployment left to be run once at the first start of Windows, and what it left that nobody may find there
/// later. Windows' setup runs the former itself, but not on machines with a product key in their firmware.
/// </summary>
/// <param name="windows">Root of the Windows volume; null on other systems.</param>
public sealed partial class FirstBootWork(
    string? windows, IProcessLauncher launcher, IProgramFiles programs, IChildEnvironment environment, TimeProvider time, ILogger<FirstBootWork> logger)
{
    /// <summary>Long enough for drivers and a few installers. The device is not kept from its server by a script that hangs.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(30);

    private static readonly TimeSpan Pace = TimeSpan.FromSeconds(2);

    /// <summary>Answer files with passwords, and the copies that Windows makes of them.</summary>
    private static readonly string[] AnswerFiles =
    [
        @"Windows\Panther\unattend.xml", @"Windows\Panther\Unattend\unattend.xml", @"Windows\Panther\unattend-original.xml",
        @"Windows\System32\Sysprep\unattend.xml", @"Windows\System32\Sysprep\Panther\unattend.xml",
    ];

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        if (windows is null || !File.Exists(In(WindowsFolders.FirstBoot, "first-boot.cmd")) || programs.CommandInterpreter is not { } interpreter)
            return;
        using var limit = new CancellationTokenSource(Patience, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            if (!Directory.Exists(In(WindowsFolders.FirstBoot, "started")))
                await StartAsync(interpreter, both.Token);
            while (!Directory.Exists(In(WindowsFolders.FirstBoot, "done")))
                await Task.Delay(Pace, time, both.Token);
            Log.Done(logger);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            Log.TookTooLong(logger, Patience.TotalMinutes);
        }
    }

    /// <summary>Removes answer files and the scripts; the scripts' output stays.</summary>
    public void Clean()
    {
        if (windows is null)
            return;
        foreach (var file in AnswerFiles)
            Remove(() => File.Delete(In(file)), file);
        var log = In(WindowsFolders.FirstBoot, "first-boot.log");
        if (File.Exists(log))
            Remove(() => File.Move(log, In(WindowsFolders.Ours, "first-boot.log"), overwrite: true), log);
        if (Directory.Exists(In(WindowsFolders.FirstBoot)))
            Remove(() => Directory.Delete(In(WindowsFolders.FirstBoot), recursive: true), WindowsFolders.FirstBoot);
    }

    private async Task StartAsync(string interpreter, CancellationToken cancellationToken)
    {
        try
        {
            using var process = launcher.Start(new ProcessOrder(
                interpreter, ["/d", "/c", In(WindowsFolders.FirstBoot, "first-boot.cmd")], environment.Variables(), In(WindowsFolders.FirstBoot), "first-boot"));
            await using var kill = cancellationToken.Register(process.KillTree);
            await process.Exited.WaitAsync(cancellationToken);
        }
        catch (ProcessStartException error)
        {
            Log.NotStarted(logger, error);
        }
    }

    private void Remove(Action remove, string what)
    {
        try
        {
            remove();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            if (error is not (FileNotFoundException or DirectoryNotFoundException))
                Log.NotRemoved(logger, what, error);
        }
    }

    private string In(params string[] parts) => Path.Combine([windows!, .. parts.SelectMany(part => part.Split('\\'))]);

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "What was left for the first start has run.")]
        public static partial void Done(ILogger logger);

        [LoggerMessage(LogLevel.Warning, "What was left for the first start has not ended; going on without it.")]
        public static partial void TookTooLong(ILogger logger, double minutes);

        [LoggerMessage(LogLevel.Error, "What was left for the first start cannot be run.")]
        public static partial void NotStarted(ILogger logger, Exception error);

        [LoggerMessage(LogLevel.Warning, "A file that the deployment left cannot be removed.")]
        public static partial void NotRemoved(ILogger logger, string what, Exception error);
    }
}
