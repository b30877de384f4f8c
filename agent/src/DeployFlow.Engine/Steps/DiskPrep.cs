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
        var layout = DiskLayout.Of(configuration, ids, disks.All());
        context.Log.Engine($"Disk {layout.Disk.Name}, {layout.Disk.Model ?? "unknown model"}, {layout.Disk.SizeBytes / 1e9:0.0} GB");
        LaidOutDisk? disk = null;
        if (configuration.Preset == DiskLayout.KeepData)
        {
            disk = await disks.RefreshAsync(layout, context.Log, cancellationToken);
            context.Log.Engine(disk is null ? "The disk was not laid out before: its data partition is made now." : "The data partition stays as it is.");
        }

        context.Deployment.Disk = disk ?? await disks.LayOutAsync(layout, context.Log, cancellationToken);
        context.Deployment.WindowsIsFresh = true;
        return StepResult.Succeeded() with { Variables = new Dictionary<string, string> { ["disk"] = layout.Disk.Name } };
    }
}
