using System.Globalization;
using DeployFlow.Contracts.Boot;
using DeployFlow.Engine.Steps;

namespace DeployFlow.Engine.Os.WinPe;

/// <summary>Disks by Windows' own tool. Partitions are found again by the disk's id and by their order: diskpart gives them no ids.</summary>
/// <param name="listed">Which disks there are; named as <c>PhysicalDrive0</c>.</param>
/// <param name="path">Where the bytes of a disk are read, by its name.</param>
public sealed class DiskpartDisks(Tools tools, WinPePrograms programs, Func<IReadOnlyList<BootDisk>> listed, Func<string, string> path) : IDisks
{
    private const string DiskPrefix = "PhysicalDrive";
    private const int SectorSize = 512;

    public IReadOnlyList<BootDisk> All() => listed();

    public DiskUse Look(DiskLayout layout) => GptTable.Look(path(layout.Disk.Name), SectorSize, layout);

    public async Task<LaidOutDisk> LayOutAsync(DiskLayout layout, IStepLog log, CancellationToken cancellationToken)
    {
        var windows = layout.Partitions.FirstOrDefault(partition => partition.Role == PartitionRole.Windows)?.Number ?? 0;
        if (layout.Partitions.Any(partition => partition.Role == PartitionRole.Data && partition.Number < windows))
            throw new StepFailedException(StepErrorCode.PlanInvalid, "In WinPE the partition for Windows must come before those for data; change the layout, or use the Linux boot environment.");
        var script = new List<string> { $"select disk {Number(layout.Disk)}", "clean" };
        if (layout.Partitions.Count > 0)
            script.AddRange(["convert gpt", $"uniqueid disk id={layout.Ids.Disk}", .. layout.Partitions.SelectMany(Commands)]);
        await RunAsync(script, StepErrorCode.PartitionFailed, $"{layout.Disk.Name} cannot be partitioned", log, cancellationToken);
        return LaidOut(layout.Disk.Name, layout.Ids, layout.Partitions.Select(partition => partition.Role));
    }

    public async Task<LaidOutDisk> RefreshAsync(DiskLayout layout, IStepLog log, CancellationToken cancellationToken)
    {
        var found = Table(layout.Disk.Name)?.Matching(layout) ?? throw new StepFailedException(
            StepErrorCode.PartitionFailed, $"The partition table of {layout.Disk.Name} changed while it was looked at; restart the machine and try again.");
        var roles = layout.Partitions.Select(partition => partition.Role).ToList();
        await AssignAsync(layout.Disk, found, roles, log, cancellationToken);
        var script = new List<string> { $"select disk {Number(layout.Disk)}", $"uniqueid disk id={layout.Ids.Disk}" };
        foreach (var (wanted, partition) in layout.Partitions.Zip(found).Where(pair => pair.First.Role is PartitionRole.Esp or PartitionRole.Windows))
            script.AddRange([$"select partition {partition.Number}", Format(wanted.Role, wanted.Label) + " override"]);
        await RunAsync(script, StepErrorCode.FormatFailed, $"{layout.Disk.Name} cannot be formatted", log, cancellationToken);
        return LaidOut(layout.Disk.Name, layout.Ids, roles);
    }

    public Task FormatWindowsAsync(LaidOutDisk disk, IStepLog log, CancellationToken cancellationToken) => RunAsync(
        [$"select volume {disk.Windows![..1]}", Format(PartitionRole.Windows, "Windows") + " override"],
        StepErrorCode.FormatFailed, $"{disk.Windows} cannot be formatted", log, cancellationToken);

    public async Task<LaidOutDisk?> FindAsync(DiskIds ids, CancellationToken cancellationToken)
    {
        foreach (var disk in All())
        {
            if (Table(disk.Name) is not { } found || found.Disk != ids.Disk)
                continue;
            var roles = Roles(found);
            await AssignAsync(disk, found.Partitions, roles, NoLog.Instance, cancellationToken);
            return LaidOut(disk.Name, ids, roles);
        }

        return null;
    }

    private GptTable? Table(string disk) => GptTable.Read(path(disk), SectorSize);

    /// <summary>As they were laid out: the first partition of the ordinary type is Windows', those after it hold data.</summary>
    private static List<string> Roles(GptTable found)
    {
        var hasWindows = false;
        string Role(GptPartition partition)
        {
            foreach (var role in (string[])[PartitionRole.Esp, PartitionRole.Msr, PartitionRole.Recovery])
            {
                if (partition.Type == PartitionPlan.TypeOf(role))
                    return role;
            }

            var before = hasWindows;
            hasWindows = true;
            return before ? PartitionRole.Data : PartitionRole.Windows;
        }

        return [.. found.Partitions.Select(Role)];
    }

    private static IEnumerable<string> Commands(PartitionPlan partition)
    {
        yield return $"create partition {partition.Role switch { PartitionRole.Esp => "efi", PartitionRole.Msr => "msr", _ => "primary" }} size={partition.SizeMib.ToString(CultureInfo.InvariantCulture)}";
        if (partition.Role == PartitionRole.Msr)
            yield break;
        yield return Format(partition.Role, partition.Label);
        yield return $"assign letter={Letter(partition.Role)[..1]}";
        if (partition.Role != PartitionRole.Recovery)
            yield break;
        yield return $"set id=\"{partition.Type}\"";
        yield return "gpt attributes=0x8000000000000001";
    }

    private static string Format(string role, string label) => $"format quick fs={(role == PartitionRole.Esp ? "fat32" : "ntfs")} label=\"{label.Replace("\"", "", StringComparison.Ordinal)}\"";

    private Task AssignAsync(BootDisk disk, IReadOnlyList<GptPartition> found, IReadOnlyList<string> roles, IStepLog log, CancellationToken cancellationToken)
    {
        var script = new List<string> { $"select disk {Number(disk)}" };
        var given = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (partition, role) in found.Zip(roles).Where(pair => pair.Second is not (PartitionRole.Msr or PartitionRole.Recovery) && given.Add(pair.Second)))
            script.AddRange([$"select partition {partition.Number}", $"assign letter={Letter(role)[..1]}"]);
        return RunAsync(script, StepErrorCode.PartitionFailed, $"The partitions of {disk.Name} cannot be opened", log, cancellationToken);
    }

    private async Task RunAsync(IReadOnlyList<string> script, string code, string failure, IStepLog log, CancellationToken cancellationToken)
    {
        var file = Path.Combine(programs.WorkFolder, $"diskpart-{Guid.NewGuid():n}.txt");
        await File.WriteAllLinesAsync(file, script, cancellationToken);
        try
        {
            script.ToList().ForEach(command => log.Engine($"diskpart: {command}"));
            var said = new List<string>();
            var end = await tools.RunAsync(programs.Diskpart, ["/s", file], log, cancellationToken, line =>
            {
                log.Output(line + "\n");
                said.Add(line.Trim());
            });
            if (end.ExitCode != 0 || said.Exists(DiskpartErrors.IsOne))
                throw DiskpartErrors.Of(end.ExitCode, said, code, failure);
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static LaidOutDisk LaidOut(string disk, DiskIds ids, IEnumerable<string> roles) => new(
        disk, ids, roles.Where(role => role != PartitionRole.Msr).Distinct().ToDictionary(role => role, Letter, StringComparer.Ordinal));

    /// <summary>Far from those that WinPE gives out itself.</summary>
    private static string Letter(string role) => role switch
    {
        PartitionRole.Esp => "S:",
        PartitionRole.Windows => "W:",
        PartitionRole.Recovery => "R:",
        _ => "T:",
    };

    private static string Number(BootDisk disk) =>
        disk.Name.StartsWith(DiskPrefix, StringComparison.OrdinalIgnoreCase) && disk.Name[DiskPrefix.Length..].All(char.IsAsciiDigit)
            ? disk.Name[DiskPrefix.Length..]
            : throw new StepFailedException(StepErrorCode.NoDisk, $"{disk.Name} is no disk of Windows.");
}

/// <summary>Turns what diskpart prints into one of our codes. It prints in the language of the WinPE, so only what is said in every language counts beyond the English texts.</summary>
internal static class DiskpartErrors
{
    private static readonly (string Text, string Code, string Advice)[] Known =
    [
        ("not enough usable space", StepErrorCode.DiskTooSmall, "the layout does not fit on the disk"),
        ("no usable free extent", StepErrorCode.DiskTooSmall, "the layout does not fit on the disk"),
        ("write protected", StepErrorCode.PartitionFailed, "the disk is write-protected"),
        ("is not online", StepErrorCode.PartitionFailed, "the disk is offline; check its cable and the controller"),
        ("device is not ready", StepErrorCode.PartitionFailed, "the disk is not ready; it may be broken"),
        ("i/o device error", StepErrorCode.PartitionFailed, "the disk reports an error; it is probably broken"),
        ("in use", StepErrorCode.DiskInUse, "the disk is in use; restart the machine and try again"),
        ("there is no disk selected", StepErrorCode.NoDisk, "the disk is not there any more"),
        ("the disk you specified is not valid", StepErrorCode.NoDisk, "the disk is not there any more"),
        ("format", StepErrorCode.FormatFailed, "the partition cannot be formatted"),
    ];

    /// <summary>A failed command of a script does not always come out as an exit code.</summary>
    public static bool IsOne(string line) =>
        line.StartsWith("Virtual Disk Service error", StringComparison.OrdinalIgnoreCase) || line.StartsWith("DiskPart has encountered an error", StringComparison.OrdinalIgnoreCase);

    public static StepFailedException Of(int exitCode, IReadOnlyList<string> said, string code, string failure)
    {
        // The error's own text follows the line that announces it.
        var announced = said.ToList().FindIndex(line => line.Contains("error", StringComparison.OrdinalIgnoreCase));
        var text = string.Join(' ', announced < 0 ? said.TakeLast(2) : said.Skip(announced).Take(3));
        foreach (var (known, itsCode, advice) in Known)
        {
            if (text.Contains(known, StringComparison.OrdinalIgnoreCase))
                return new StepFailedException(itsCode, $"{failure}: {advice}. ({text}, diskpart {exitCode})");
        }

        return new StepFailedException(code, $"{failure}: {text} (diskpart {exitCode})");
    }
}
