using DeployFlow.Contracts.Boot;

namespace DeployFlow.Engine.Steps;

/// <summary>Which disk gets which partitions, worked out to the last MiB before anything is touched.</summary>
/// <param name="SizeMib">Of the partition.</param>
public sealed record PartitionPlan(int Number, string Role, Guid Id, long SizeMib, string Label)
{
    /// <summary>Kept in the partition table, so that a disk that was laid out here is known again.</summary>
    public string TableName => $"DeployFlow {Role}";

    public Guid Type => TypeOf(Role);

    public static Guid TypeOf(string role) => role switch
    {
        PartitionRole.Esp => new Guid("c12a7328-f81f-11d2-ba4b-00a0c93ec93b"),
        PartitionRole.Msr => new Guid("e3c9e316-0b5c-4db8-817d-f92df00215ae"),
        PartitionRole.Recovery => new Guid("de94bba4-06d1-4d40-a16a-bfd50179d6ac"),
        _ => new Guid("ebd0a0a2-b9e5-4433-87c0-68b6b72699c7"),
    };
}

public sealed record DiskLayout(BootDisk Disk, DiskIds Ids, IReadOnlyList<PartitionPlan> Partitions)
{
    public const string KeepData = "keep_data";

    private const string ByName = "by_name";
    private const long Mebibyte = 1L << 20;
    private const double Gibibyte = 1L << 30;

    /// <summary>One for the table and the alignment at the start, one for the table's copy at the end.</summary>
    private const long TablesMib = 2;

    /// <exception cref="StepFailedException">No disk fits, or it is too small.</exception>
    public static DiskLayout Of(DiskPrepConfiguration configuration, DiskIds ids, IReadOnlyList<BootDisk> disks) =>
        On(Select(configuration.Disk, disks), configuration, ids);

    /// <exception cref="StepFailedException">It is too small.</exception>
    public static DiskLayout On(BootDisk disk, DiskPrepConfiguration configuration, DiskIds ids)
    {
        var room = (disk.SizeBytes / Mebibyte) - TablesMib;
        var fixedSizes = configuration.Partitions.Sum(partition => (long)(partition.SizeMb ?? 0));
        var rests = configuration.Partitions.Count(partition => partition.SizeMb is null);
        if (rests > 1 || configuration.Partitions.Any(partition => partition.SizeMb is <= 0))
            throw new StepFailedException(StepErrorCode.PlanInvalid, "The disk's layout is not possible: at most one partition can take the rest, and none can be empty.");
        if (fixedSizes + rests > room)
        {
            throw new StepFailedException(
                StepErrorCode.DiskTooSmall, $"{disk.Name} has {Size(disk)}, and the layout needs {fixedSizes / 1024.0:0.0} GB; use a larger disk or smaller partitions.");
        }

        var roles = new HashSet<string>(StringComparer.Ordinal);
        return new DiskLayout(disk, ids, [.. configuration.Partitions.Select((partition, index) => new PartitionPlan(
            index + 1, partition.Role, Id(partition.Role, ids, isFirst: roles.Add(partition.Role)), partition.SizeMb ?? room - fixedSizes,
            partition.Label ?? DefaultLabel(partition.Role)))]);
    }

    /// <summary>The layout on each disk that the selection leaves to choose from and that has room for it.</summary>
    public static IEnumerable<DiskLayout> Fitting(DiskPrepConfiguration configuration, DiskIds ids, IReadOnlyList<BootDisk> disks)
    {
        var selection = configuration.Disk;
        var needed = configuration.Partitions.Sum(partition => (long)(partition.SizeMb ?? 1)) + TablesMib;
        var candidates = selection.Select == ByName
            ? [Select(selection, disks)]
            : disks.Where(disk => (selection.AllowRemovable || !disk.Removable) && disk.SizeBytes >= selection.MinGb * Gibibyte);
        return candidates.Where(disk => disk.SizeBytes / Mebibyte >= needed).Select(disk => On(disk, configuration, ids));
    }

    private static BootDisk Select(DiskSelection selection, IReadOnlyList<BootDisk> disks)
    {
        var allowed = disks.Where(disk => selection.AllowRemovable || !disk.Removable).ToList();
        if (selection.Select == ByName)
        {
            return allowed.Find(disk => disk.Name.Equals(selection.Name, StringComparison.OrdinalIgnoreCase))
                ?? throw new StepFailedException(StepErrorCode.NoDisk, $"This machine has no disk {selection.Name}. It has {Listed(disks)}.");
        }

        if (allowed.Count == 0)
        {
            throw new StepFailedException(
                StepErrorCode.NoDisk,
                disks.Count == 0
                    ? "This machine has no disk, or its controller has no driver in this boot environment (look for RAID or VMD in the firmware's settings)."
                    : $"This machine has removable disks only ({Listed(disks)}); allow them in the profile, or check the disk's cable.");
        }

        var fitting = allowed.Where(disk => disk.SizeBytes >= selection.MinGb * Gibibyte).ToList();
        if (fitting.Count == 0)
        {
            throw new StepFailedException(
                StepErrorCode.DiskTooSmall, $"No disk has the {selection.MinGb:0.##} GB that the profile asks for. This machine has {Listed(allowed)}.");
        }

        return selection.Select switch
        {
            "first" => fitting[0],
            "smallest" => fitting.MinBy(disk => disk.SizeBytes)!,
            "largest" => fitting.MaxBy(disk => disk.SizeBytes)!,
            _ => throw new StepFailedException(StepErrorCode.PlanInvalid, $"'{selection.Select}' is no way to choose a disk."),
        };
    }

    private static Guid Id(string role, DiskIds ids, bool isFirst) => role switch
    {
        PartitionRole.Esp => ids.Esp,
        PartitionRole.Msr => ids.Msr,
        PartitionRole.Windows => ids.Windows,
        PartitionRole.Recovery => ids.Recovery,
        PartitionRole.Data when isFirst => ids.Data,
        PartitionRole.Data => Guid.NewGuid(),
        _ => throw new StepFailedException(StepErrorCode.PlanInvalid, $"'{role}' is no role of a partition."),
    };

    private static string DefaultLabel(string role) => role switch
    {
        PartitionRole.Esp => "SYSTEM",
        PartitionRole.Windows => "Windows",
        PartitionRole.Recovery => "Recovery",
        PartitionRole.Data => "Data",
        _ => "",
    };

    private static string Listed(IReadOnlyList<BootDisk> disks) =>
        disks.Count == 0 ? "none" : string.Join(", ", disks.Select(disk => $"{disk.Name} ({disk.Model ?? "unknown model"}, {Size(disk)})"));

    private static string Size(BootDisk disk) => $"{disk.SizeBytes / Gibibyte:0.0} GB";
}
