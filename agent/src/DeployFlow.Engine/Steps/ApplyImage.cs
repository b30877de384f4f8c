using DeployFlow.Contracts.Boot;
using DeployFlow.Engine.Os;
using DeployFlow.Engine.Os.Offline;

namespace DeployFlow.Engine.Steps;

/// <summary>Writes Windows onto its volume.</summary>
public sealed class ApplyImage(IDisks disks, IImageApplier applier, IOfflineWindows windows) : IDeploymentStep
{
    public string Type => TaskType.ApplyImage;

    public async Task<StepResult> RunAsync(StepContext context, CancellationToken cancellationToken)
    {
        var configuration = context.Configuration(BootJson.Default.ApplyImageConfiguration);
        var disk = await context.Deployment.LaidOutAsync(disks, cancellationToken);
        var volume = await context.Deployment.WindowsVolumeAsync(disks, cancellationToken);
        if (!context.Deployment.WindowsIsFresh)
            await disks.FormatWindowsAsync(disk, context.Log, cancellationToken);
        context.Deployment.WindowsIsFresh = false;
        context.Log.Engine($"{configuration.Name}, index {configuration.Index}, {configuration.Content.SizeBytes / 1e6:0} MB, onto {volume}");
        await applier.ApplyAsync(configuration, volume, context.Content, context.Log, cancellationToken);
        await using var applied = await windows.OpenAsync(volume, context.Log, cancellationToken);
        return File.Exists(OfflinePath.In(applied.Root, WindowsFolders.BootManager))
            ? StepResult.Succeeded()
            : StepResult.Failed(
                StepErrorCode.BootFilesMissing,
                $"The image {configuration.Name} has no {WindowsFolders.BootManager}: it is no Windows for UEFI. Choose another edition or image.");
    }
}
