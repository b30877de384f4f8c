using DeployFlow.Contracts.Boot;
using DeployFlow.Engine.Os;

namespace DeployFlow.Engine.Steps;

/// <summary>Brings the drivers of the machine's model into the applied image. One broken driver does not stop the rest.</summary>
public sealed class InjectDrivers(IDisks disks, IOfflineWindows windows) : IDeploymentStep
{
    public string Type => TaskType.InjectDrivers;

    public async Task<StepResult> RunAsync(StepContext context, CancellationToken cancellationToken)
    {
        var configuration = context.Configuration(BootJson.Default.InjectDriversConfiguration);
        if (configuration.Packs.Count == 0)
        {
            const string none = "No driver pack matches this machine's model";
            context.Log.Engine($"{none}: Windows' own drivers have to do.");
            return configuration.Required
                ? StepResult.Failed(StepErrorCode.NoMatchingDriver, $"{none}, and the profile asks for one; import one on the server.")
                : StepResult.Succeeded();
        }

        var volume = await context.Deployment.WindowsVolumeAsync(disks, cancellationToken);
        await using var applied = await windows.OpenAsync(volume, context.Log, cancellationToken);
        var taken = 0;
        foreach (var pack in configuration.Packs)
        {
            context.Log.Engine($"{pack.Name}: {pack.Infs.Count} drivers, {pack.Content.SizeBytes / 1e6:0} MB");
            var folder = await ContentFiles.UnpackAsync(context, applied, pack.Content, $@"{WindowsFolders.Drivers}\{pack.Id}", cancellationToken);
            taken += await windows.AddDriversAsync(applied, folder, pack.Infs, context.Log, cancellationToken);
        }

        context.Log.Engine($"{taken} drivers added.");
        return taken == 0 && configuration.Required
            ? StepResult.Failed(StepErrorCode.NoMatchingDriver, "None of the drivers could be added; the log says why for each.")
            : StepResult.Succeeded();
    }
}
