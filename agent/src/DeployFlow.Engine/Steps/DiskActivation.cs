using DeployFlow.Contracts.Boot;
using DeployFlow.Engine.Os;
using DeployFlow.Engine.Os.Offline;

namespace DeployFlow.Engine.Steps;

/// <summary>
/// The end of the boot phase: only now does the disk become startable. Until here a machine that loses power finds
/// nothing on it to start and comes back into the boot environment, instead of starting a half-made Windows.
/// </summary>
public sealed class DiskActivation(IDisks disks, IOfflineWindows windows, IBootFiles bootFiles)
{
    private const string Locale = "en-US";

    /// <exception cref="StepFailedException">The message is one sentence for a technician.</exception>
    public async Task RunAsync(DeploymentSubject deployment, IReadOnlyList<PlanTask> tasks, IStepLog log, CancellationToken cancellationToken)
    {
        if (!tasks.Any(task => task is { Phase: DeploymentPhase.Boot, Type: TaskType.ApplyImage }))
            return;
        var disk = await deployment.LaidOutAsync(disks, cancellationToken);
        if (disk.Windows is not { } volume)
            return;
        await using var applied = await windows.OpenAsync(volume, log, cancellationToken);
        // An image that its condition skipped is none that failed.
        if (File.Exists(OfflinePath.In(applied.Root, WindowsFolders.BootManager)))
            await bootFiles.WriteAsync(disk, applied.Root, Locale, deployment.At, log, cancellationToken);
        else
            log.Engine("There is no Windows on the disk; it is not made startable.");
    }
}
