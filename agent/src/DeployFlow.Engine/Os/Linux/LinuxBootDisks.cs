using DeployFlow.Contracts.Boot;
using DeployFlow.Engine.Os.Offline;
using DeployFlow.Engine.Os.Smbios;
using DeployFlow.Engine.Steps;

namespace DeployFlow.Engine.Os.Linux;

/// <summary>Disks by <c>/sys</c>, partitioned by sgdisk, formatted by mkntfs and our own FAT32.</summary>
/// <param name="listed">Which disks there are.</param>
public sealed class LinuxBootDisks(Tools tools, Func<IReadOnlyList<BootDisk>> listed, TimeProvider time) : IDisks
{
    private static readonly TimeSpan NodesPatience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan NodesPace = TimeSpan.FromMilliseconds(50);

    public IReadOnlyList<BootDisk> All() => listed();

    /// <summary>The machine's own disks.</summary>
    public static IReadOnlyList<BootDisk> OfMachine() =>
    [
        .. LinuxDisks.All().Select(disk => new BootDisk(
            $"/dev/{disk.Name}", disk.Model, Serial(disk.Name), disk.SizeBytes, disk.Media, IsRemovable(disk.Name))),
    ];

    /// <summary>One block device, whatever it is; null where the kernel knows none of this path.</summary>
    public static BootDisk? Of(string path) => BlockDevice.Find(path) is { } device ? new BootDisk(path, null, null, device.Size, null, false) : null;

    public DiskUse Look(DiskLayout layout) => GptTable.Look(layout.Disk.Name, BlockDevice.Find(layout.Disk.Name)?.SectorSize ?? 512, layout);

    public async Task<LaidOutDisk> LayOutAsync(DiskLayout layout, IStepLog log, CancellationToken cancellationToken)
    {
        var disk = layout.Disk.Name;
        RefuseUsed(disk);
        WipeStarts(disk, layout);
        await PartitionAsync(
            ["-U", layout.Ids.Disk.ToString(), .. layout.Partitions.SelectMany(Arguments), disk], log, cancellationToken);
        if (layout.Partitions.Count == 0)
            return new LaidOutDisk(disk, layout.Ids, new Dictionary<string, string>());
        await AwaitNodesAsync(disk, log, cancellationToken);
        foreach (var partition in layout.Partitions)
            await FormatAsync(partition.Role, BlockDevice.Partition(disk, partition.Number), partition.Label, layout.Ids, log, cancellationToken);
        return new LaidOutDisk(disk, layout.Ids, layout.Partitions.GroupBy(partition => partition.Role).ToDictionary(
            group => group.Key, group => BlockDevice.Partition(disk, group.First().Number), StringComparer.Ordinal));
    }

    public async Task<LaidOutDisk> RefreshAsync(DiskLayout layout, IStepLog log, CancellationToken cancellationToken)
    {
        var disk = layout.Disk.Name;
        var known = (Table(disk)?.Matching(layout) ?? throw Changed(disk)).Zip(layout.Partitions, (found, wanted) => (Wanted: wanted, Found: found)).ToList();
        RefuseUsed(disk);
        await PartitionAsync(
            ["-U", layout.Ids.Disk.ToString(), .. known.SelectMany(pair => Named(pair.Wanted, pair.Found.Number)), disk], log, cancellationToken);
        await AwaitNodesAsync(disk, log, cancellationToken);
        foreach (var (wanted, found) in known.Where(pair => IsToBeFormatted(disk, pair.Wanted, pair.Found)))
            await FormatAsync(wanted.Role, BlockDevice.Partition(disk, found.Number), wanted.Label, layout.Ids, log, cancellationToken);
        return await FindAsync(layout.Ids, cancellationToken) ?? throw Changed(disk);
    }

    /// <summary>Data too where a first layout was cut short before it had a file system: then it starts with the zeros written there.</summary>
    private static bool IsToBeFormatted(string disk, PartitionPlan wanted, GptPartition found) =>
        wanted.Role is PartitionRole.Esp or PartitionRole.Windows || (wanted.Role == PartitionRole.Data && GptTable.StartsWithZeros(disk, found.Start) == true);

    private static StepFailedException Changed(string disk) =>
        new(StepErrorCode.PartitionFailed, $"The partition table of {disk} changed while it was looked at; restart the machine and try again.");

    /// <summary>Id and name, also for a partition that diskpart had made.</summary>
    private static IEnumerable<string> Named(PartitionPlan partition, int number) =>
        ["-u", $"{number}:{partition.Id}", "-c", $"{number}:{partition.TableName}"];

    public async Task FormatWindowsAsync(LaidOutDisk disk, IStepLog log, CancellationToken cancellationToken) =>
        await FormatAsync(PartitionRole.Windows, disk.Windows!, "Windows", disk.Ids, log, cancellationToken);

    public async Task<LaidOutDisk?> FindAsync(DiskIds ids, CancellationToken cancellationToken)
    {
        foreach (var disk in All().Select(disk => disk.Name))
        {
            if (Table(disk) is not { } table || table.Disk != ids.Disk)
                continue;
            await AwaitNodesAsync(disk, null, cancellationToken);
            var roles = new Dictionary<Guid, string>
            {
                [ids.Esp] = PartitionRole.Esp,
                [ids.Msr] = PartitionRole.Msr,
                [ids.Windows] = PartitionRole.Windows,
                [ids.Recovery] = PartitionRole.Recovery,
                [ids.Data] = PartitionRole.Data,
            };
            return new LaidOutDisk(disk, ids, table.Partitions.Where(partition => roles.ContainsKey(partition.Id)).ToDictionary(
                partition => roles[partition.Id], partition => BlockDevice.Partition(disk, partition.Number), StringComparer.Ordinal));
        }

        return null;
    }

    private static IEnumerable<string> Arguments(PartitionPlan partition)
    {
        yield return "-n";
        yield return $"{partition.Number}:0:+{partition.SizeMib}M";
        yield return "-t";
        yield return $"{partition.Number}:{partition.Type}";
        yield return "-u";
        yield return $"{partition.Number}:{partition.Id}";
        yield return "-c";
        yield return $"{partition.Number}:{partition.TableName}";
        if (partition.Role != PartitionRole.Recovery)
            yield break;
        // Windows must neither remove it nor give it a letter.
        yield return "-A";
        yield return $"{partition.Number}:set:0";
        yield return "-A";
        yield return $"{partition.Number}:set:63";
    }

    private async Task PartitionAsync(IReadOnlyList<string> arguments, IStepLog log, CancellationToken cancellationToken)
    {
        var end = await tools.RunAsync("sgdisk", arguments, log, cancellationToken);
        if (end.ExitCode != 0)
            throw new StepFailedException(StepErrorCode.PartitionFailed, $"The disk cannot be partitioned: {end.LastLine} (sgdisk {end.ExitCode})");
    }

    private async Task FormatAsync(string role, string volume, string label, DiskIds ids, IStepLog log, CancellationToken cancellationToken)
    {
        switch (role)
        {
            case PartitionRole.Msr:
                return;
            case PartitionRole.Esp:
                FormatEsp(volume, label, new FatFolder(""), time.GetUtcNow());
                return;
            default:
                var end = await tools.RunAsync("mkntfs", ["--quick", "--label", label, volume], log, cancellationToken);
                if (end.ExitCode != 0)
                    throw new StepFailedException(StepErrorCode.FormatFailed, $"{volume} cannot be formatted: {end.LastLine} (mkntfs {end.ExitCode})");
                return;
        }
    }

    /// <summary>Makes the EFI system partition anew, with these files.</summary>
    internal static void FormatEsp(string volume, string label, FatFolder root, DateTimeOffset at)
    {
        try
        {
            var device = BlockDevice.Find(volume) ?? throw new IOException("the kernel does not show it");
            using var stream = new FileStream(volume, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, 1 << 20);
            FatVolume.Write(stream, device.Size, device.SectorSize, device.Start, label, root, at);
            stream.Flush(flushToDisk: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new StepFailedException(StepErrorCode.FormatFailed, $"The EFI system partition {volume} cannot be written: {error.Message}", error);
        }
    }

    /// <summary>
    /// Old tables at both ends, because sgdisk takes a damaged one for a reason to stop; and where partitions will
    /// begin, so that one without a file system is known.
    /// </summary>
    private static void WipeStarts(string disk, DiskLayout layout)
    {
        try
        {
            var zeros = new byte[1 << 20];
            using var stream = new FileStream(disk, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
            stream.Write(zeros);
            foreach (var partition in layout.Partitions)
            {
                stream.Write(zeros);
                stream.Position += (partition.SizeMib << 20) - zeros.Length;
            }

            // A device has no length of its own as a file has.
            stream.Position = layout.Disk.SizeBytes - zeros.Length;
            stream.Write(zeros);
            stream.Flush(flushToDisk: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new StepFailedException(StepErrorCode.PartitionFailed, $"{disk} cannot be written: {error.Message} The disk may be broken or write-protected.", error);
        }
    }

    private static void RefuseUsed(string disk)
    {
        var used = SystemFile.Lines("/proc/self/mounts").Concat(SystemFile.Lines("/proc/swaps"))
            .Select(line => line.Split(' ', '\t')[0])
            .FirstOrDefault(device => device == disk || (device.StartsWith(disk, StringComparison.Ordinal) && device[disk.Length..].TrimStart('p').All(char.IsAsciiDigit)));
        if (used is not null)
            throw new StepFailedException(StepErrorCode.DiskInUse, $"{used} is in use here; restart the machine and try again.");
    }

    /// <summary>Returns when the kernel shows each partition where the table has it.</summary>
    private async Task AwaitNodesAsync(string disk, IStepLog? log, CancellationToken cancellationToken)
    {
        var table = Table(disk) ?? throw new StepFailedException(StepErrorCode.PartitionFailed, $"{disk} has no partition table after it was partitioned; it may be broken.");
        var asked = false;
        for (var begun = time.GetTimestamp(); ; await Task.Delay(NodesPace, time, cancellationToken))
        {
            var missing = table.Partitions.FirstOrDefault(partition => !IsShown(disk, partition));
            if (missing is null)
                return;
            if (time.GetElapsedTime(begun) > NodesPatience)
                throw new StepFailedException(StepErrorCode.PartitionFailed, $"{BlockDevice.Partition(disk, missing.Number)} does not appear; restart the machine and try again.");
            if (asked || !tools.Has("partx") || time.GetElapsedTime(begun) < NodesPatience / 20)
                continue;
            // A kernel that does not read tables by itself, as for loop devices.
            asked = true;
            _ = await tools.RunAsync("partx", ["-u", disk], log ?? NoLog.Instance, cancellationToken);
        }
    }

    private static bool IsShown(string disk, GptPartition partition)
    {
        var path = BlockDevice.Partition(disk, partition.Number);
        return BlockDevice.Find(path) is { } device && device.Start == partition.Start && device.Size == partition.Size && File.Exists(path);
    }

    private static GptTable? Table(string disk) => GptTable.Read(disk, BlockDevice.Find(disk)?.SectorSize ?? 512);

    private static string? Serial(string name) =>
        JunkValues.Clean(SystemFile.Text($"/sys/block/{name}/serial") ?? SystemFile.Text($"/sys/block/{name}/device/serial"));

    /// <summary>A disk at USB may call itself fixed.</summary>
    private static bool IsRemovable(string name) =>
        SystemFile.Text($"/sys/block/{name}/removable") == "1"
        || new DirectoryInfo($"/sys/block/{name}").ResolveLinkTarget(returnFinalTarget: true)?.FullName.Contains("/usb", StringComparison.Ordinal) == true;
}
