using DeployFlow.Contracts.Boot;
using DeployFlow.Engine.Os.Offline;
using DeployFlow.Engine.Steps;

namespace DeployFlow.Engine.Os.Linux;

/// <summary>
/// Does what bcdboot does: the boot manager's files of the applied Windows onto the EFI system partition, also under
/// the name that every firmware looks for, and a boot store that names the partitions by the ids of the plan.
/// </summary>
public sealed class EspBootFiles(Tools tools) : IBootFiles
{
    private const string FirmwareVariables = "/sys/firmware/efi/efivars";
    private const string EntryName = "Windows Boot Manager";

    public async Task WriteAsync(LaidOutDisk disk, string windows, string locale, DateTimeOffset at, IStepLog log, CancellationToken cancellationToken)
    {
        if (!disk.Volumes.TryGetValue(PartitionRole.Esp, out var volume))
            throw new StepFailedException(StepErrorCode.BootStoreFailed, "The disk was laid out without an EFI system partition; add one to the step that prepares the disk.");
        var root = BootManagers.FilesOf(windows, FirmwareTrust.Read(FirmwareVariables), log);
        root.Folder("EFI").Folder("Microsoft").Folder("Boot").Add(
            FatFile.Of("BCD", BootStore.Make(disk.Ids.Disk, disk.Ids.Esp, disk.Ids.Windows, locale, at)));
        LinuxBootDisks.FormatEsp(volume, "SYSTEM", root, at);
        log.Engine($"Boot files and boot store written to {volume}.");
        await EnterIntoFirmwareAsync(disk, volume, log, cancellationToken);
    }

    /// <summary>An entry of its own in the firmware's list. Without one the machine starts all the same, by the name of the file.</summary>
    private async Task EnterIntoFirmwareAsync(LaidOutDisk disk, string volume, IStepLog log, CancellationToken cancellationToken)
    {
        if (!Directory.Exists(FirmwareVariables) || !Directory.EnumerateFileSystemEntries(FirmwareVariables).Any() || !tools.Has("efibootmgr"))
            return;
        var old = new List<string>();
        await tools.RunAsync("efibootmgr", [], log, cancellationToken, line =>
        {
            // Boot0003* Windows Boot Manager
            if (line.StartsWith("Boot", StringComparison.Ordinal) && line.Contains(EntryName, StringComparison.Ordinal))
                old.Add(line[4..8]);
        });
        foreach (var number in old)
            await tools.RunAsync("efibootmgr", ["--quiet", "--delete-bootnum", "--bootnum", number], log, cancellationToken);
        var partition = volume[disk.Name.Length..].TrimStart('p');
        var end = await tools.RunAsync(
            "efibootmgr",
            ["--quiet", "--create", "--disk", disk.Name, "--part", partition, "--label", EntryName, "--loader", @"\EFI\Microsoft\Boot\bootmgfw.efi"],
            log, cancellationToken);
        log.Engine(end.ExitCode == 0 ? "Entered into the firmware's boot list." : $"Not entered into the firmware's boot list ({end.LastLine}); it starts by \\EFI\\Boot\\bootx64.efi.");
    }
}
