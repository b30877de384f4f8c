using System.Globalization;
using DeployFlow.Contracts;
using DeployFlow.Engine.Os.Smbios;

namespace DeployFlow.Engine.Os.Linux;

internal static class LinuxDisks
{
    private const string Folder = "/sys/block";
    private const long SectorSize = 512;

    private static readonly string[] NotDisks = ["loop", "ram", "zram", "dm-", "md", "sr", "fd", "nbd"];

    public static IReadOnlyList<DiskInventory> All() =>
    [
        .. (Directory.Exists(Folder) ? Directory.EnumerateFileSystemEntries(Folder) : [])
            .Where(path => !NotDisks.Any(prefix => Path.GetFileName(path).StartsWith(prefix, StringComparison.Ordinal)))
            .Select(Read)
            .Where(disk => disk.SizeBytes > 0)
            .OrderBy(disk => disk.Name, StringComparer.Ordinal),
    ];

    private static DiskInventory Read(string path) => new(
        Path.GetFileName(path),
        JunkValues.Clean(SystemFile.Text($"{path}/device/model")),
        long.TryParse(SystemFile.Text($"{path}/size"), CultureInfo.InvariantCulture, out var sectors) ? sectors * SectorSize : 0,
        // A virtual disk calls itself rotational unless told otherwise; that says nothing about what is below.
        Path.GetFileName(path).StartsWith("vd", StringComparison.Ordinal)
            ? null
            : SystemFile.Text($"{path}/queue/rotational") switch { "0" => "ssd", "1" => "hdd", _ => null });
}
