using DeployFlow.Contracts.Boot;
using DeployFlow.Engine.Os.Offline;
using DeployFlow.Engine.Steps;

namespace DeployFlow.Engine.Os.WinPe;

/// <summary>Lets bcdboot write loader, boot store and the firmware's entry.</summary>
public sealed class BcdbootFiles(Tools tools, WinPePrograms programs) : IBootFiles
{
    public async Task WriteAsync(LaidOutDisk disk, string windows, string locale, DateTimeOffset at, IStepLog log, CancellationToken cancellationToken)
    {
        if (!disk.Volumes.TryGetValue(PartitionRole.Esp, out var system))
            throw new StepFailedException(StepErrorCode.BootStoreFailed, "The disk was laid out without an EFI system partition; add one to the step that prepares the disk.");
        if (!File.Exists(OfflinePath.In(windows, WindowsFolders.BootManager)))
            throw new StepFailedException(StepErrorCode.BootFilesMissing, $"The applied Windows has no {WindowsFolders.BootManager}.");
        var end = await tools.RunAsync(
            programs.Bcdboot, [Path.Combine(windows, "Windows"), "/s", system, "/f", "UEFI", "/l", locale], log, cancellationToken);
        if (end.ExitCode != 0)
            throw Failure(end);
    }

    private static StepFailedException Failure(ToolEnd end)
    {
        var (code, advice) = end.Tail switch
        {
            var text when text.Contains("copy boot files", StringComparison.OrdinalIgnoreCase) =>
                (StepErrorCode.BootFilesMissing, "the boot files of the applied Windows cannot be copied; the image may be incomplete, or the EFI system partition full"),
            var text when text.Contains("template store", StringComparison.OrdinalIgnoreCase) =>
                (StepErrorCode.BootFilesMissing, "the applied Windows has no template for a boot store; the image is incomplete"),
            _ => (StepErrorCode.BootStoreFailed, "the log has what bcdboot said"),
        };
        return new StepFailedException(code, $"The disk cannot be made startable: {advice}. ({end.LastLine}, bcdboot {end.ExitCode})");
    }
}
