using DeployFlow.Contracts;

namespace DeployFlow.Engine.Os.Linux;

/// <summary>Mounted file systems that lie on a device or on a network, each once.</summary>
internal static class LinuxVolumes
{
    private static readonly HashSet<string> Real = new(StringComparer.Ordinal)
    {
        "ext2", "ext3", "ext4", "xfs", "btrfs", "vfat", "exfat", "ntfs", "ntfs3", "fuseblk", "f2fs", "zfs", "bcachefs", "nfs", "nfs4", "cifs",
    };

    public static IReadOnlyList<VolumeInventory> All()
    {
        var volumes = new SortedDictionary<string, VolumeInventory>(StringComparer.Ordinal);
        var devices = new HashSet<string>(StringComparer.Ordinal);
        foreach (var line in SystemFile.Lines("/proc/self/mounts"))
        {
            var fields = line.Split(' ');
            // A device that is mounted in several places (bind mounts) counts once, where it was mounted first.
            if (fields.Length < 3 || !Real.Contains(fields[2]) || !devices.Add(fields[0]))
                continue;
            var mount = fields[1].Replace("\\040", " ");
            if (Sizes(mount) is { } sizes)
                volumes[mount] = new VolumeInventory(mount, fields[2], sizes.Total, FreeSpace.Rounded(sizes.Free));
        }

        return [.. volumes.Values];
    }

    private static (long Total, long Free)? Sizes(string mount)
    {
        try
        {
            var drive = new DriveInfo(mount);
            return (drive.TotalSize, drive.AvailableFreeSpace);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
