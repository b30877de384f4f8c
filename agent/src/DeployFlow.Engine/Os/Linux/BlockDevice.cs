using System.Globalization;

namespace DeployFlow.Engine.Os.Linux;

/// <summary>A disk or partition as the kernel knows it.</summary>
/// <param name="Start">Of a partition on its disk, in bytes; 0 of a disk.</param>
/// <param name="SectorSize">The smallest piece that can be written.</param>
internal sealed record BlockDevice(string Path, long Start, long Size, int SectorSize)
{
    /// <summary>What the kernel counts in, whatever the disk's sectors are.</summary>
    private const long KernelSector = 512;

    private const string Devices = "/sys/class/block";

    /// <summary>Null where the kernel knows no such device.</summary>
    public static BlockDevice? Find(string path)
    {
        var folder = System.IO.Path.Combine(Devices, System.IO.Path.GetFileName(path));
        if (!Directory.Exists(folder))
            return null;
        // A partition has the queue of its disk, one folder up from where the link leads.
        var real = new DirectoryInfo(folder).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? folder;
        var sectorSize = Number($"{real}/queue/logical_block_size") ?? Number($"{System.IO.Path.GetDirectoryName(real)}/queue/logical_block_size") ?? 512;
        return new BlockDevice(path, (Number($"{folder}/start") ?? 0) * KernelSector, (Number($"{folder}/size") ?? 0) * KernelSector, (int)sectorSize);
    }

    /// <summary>A disk whose name ends in a digit has a p before the number of a partition.</summary>
    public static string Partition(string disk, int number) => $"{disk}{(char.IsAsciiDigit(disk[^1]) ? "p" : "")}{number}";

    private static long? Number(string file) =>
        long.TryParse(SystemFile.Text(file), CultureInfo.InvariantCulture, out var number) ? number : null;
}
