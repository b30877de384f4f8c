using DeployFlow.Contracts.Boot;
using DeployFlow.Engine.Os;

namespace DeployFlow.Engine.Steps;

/// <summary>Lays out the disk, and so wipes it; or formats it anew around the data.</summary>
public sealed class DiskPrep(IDisks disks) : IDeploymentStep
{
    public string Type => TaskType.DiskPrep;

    public async Task<StepResult> RunAsync(StepContext context, CancellationToken cancellationToken)
    {
        var configuration = context.Configuration(BootJson.Default.DiskPrepConfiguration);
        var ids = context.Deployment.DiskIds ?? throw new StepFailedException(StepErrorCode.UnsupportedTask, "The installed system cannot prepare its own disk.");
        var keeps = configuration.Preset == DiskLayout.KeepData;
        var (layout, use) = keeps ? Kept(configuration, ids) : (DiskLayout.Of(configuration, ids, disks.All()), DiskUse.Empty);
        context.Log.Engine($"Disk {layout.Disk.Name}, {layout.Disk.Model ?? "unknown model"}, {layout.Disk.SizeBytes / 1e9:0.0} GB");
        if (keeps)
            context.Log.Engine(use == DiskUse.LaidOut ? "The data partition stays as it is." : "The disk is empty: its data partition is made now.");
        context.Deployment.Disk = use == DiskUse.LaidOut
            ? await disks.RefreshAsync(layout, context.Log, cancellationToken)
            : await disks.LayOutAsync(layout, context.Log, cancellationToken);
        context.Deployment.WindowsIsFresh = true;
        return StepResult.Succeeded() with { Variables = new Dictionary<string, string> { ["disk"] = layout.Disk.Name } };
    }

    /// <summary>The disk that holds the data; where there is none yet, an empty one. Any other is left alone.</summary>
    private (DiskLayout Layout, DiskUse Use) Kept(DiskPrepConfiguration configuration, DiskIds ids)
    {
        var all = disks.All();
        var known = DiskLayout.Fitting(configuration, ids, all).Where(layout => disks.Look(layout) == DiskUse.LaidOut).ToList();
        if (known.Count > 1)
        {
            throw new StepFailedException(
                StepErrorCode.DiskNotEmpty,
                $"Several disks were laid out by deployments of this machine ({string.Join(", ", known.Select(layout => layout.Disk.Name))}); name the right one in the profile, or take the others out.");
        }

        if (known is [var found])
            return (found, DiskUse.LaidOut);
        var chosen = DiskLayout.Of(configuration, ids, all);
        return disks.Look(chosen) == DiskUse.Empty ? (chosen, DiskUse.Empty) : throw new StepFailedException(
            StepErrorCode.DiskNotEmpty,
            $"{chosen.Disk.Name} ({chosen.Disk.Model ?? "unknown model"}) is not empty, and no deployment of this machine has laid it out. The profile keeps data, so the disk is left alone: look what is on it, and wipe it or use a profile that does.");
    }
}
