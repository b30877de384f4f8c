using System.Buffers.Binary;
using System.Text;

namespace DeployFlow.Engine.Os.Offline;

/// <summary>
/// Writes a whole FAT32 file system, with its files, in one pass. An EFI system partition is small and belongs to
/// the deployment alone, so it is made anew each time instead of being changed: the same files make the same bytes, and
/// neither a driver of the kernel nor another program is needed.
/// </summary>
public sealed class FatVolume
{
    /// <summary>Below this many clusters a volume counts as FAT16.</summary>
    private const int FewestClusters = 65525;
    private const int ReservedSectors = 32;
    private const int Tables = 2;
    private const int RootCluster = 2;
    private const int EntrySize = 32;
    private const uint EndOfChain = 0x0FFFFFFF;
    private const byte FolderAttribute = 0x10;
    private const byte FileAttribute = 0x20;

    private readonly int _sectorSize;
    private readonly int _clusterSectors;
    private readonly uint _clusters;
    private readonly uint _tableSectors;
    private readonly uint _sectors;
    private readonly uint _startSector;
    private readonly DateTimeOffset _at;
    private readonly List<uint> _table = [0x0FFFFFF8, EndOfChain];
    private readonly List<(uint Cluster, FatEntry Entry)> _placed = [];

    private FatVolume(long size, int sectorSize, long start, DateTimeOffset at)
    {
        _sectorSize = sectorSize;
        _at = at;
        _sectors = (uint)(size / sectorSize);
        _startSector = (uint)(start / sectorSize);
        // As large as leaves enough of them.
        for (_clusterSectors = Math.Max(1, 4096 / sectorSize); ; _clusterSectors /= 2)
        {
            _tableSectors = (uint)((((_sectors / _clusterSectors) + 2) * 4 / sectorSize) + 1);
            _clusters = (uint)((_sectors - ReservedSectors - (Tables * _tableSectors)) / _clusterSectors);
            if (_clusters >= FewestClusters + 16)
                break;
            if (_clusterSectors == 1)
                throw new ArgumentException($"{size >> 20} MiB are too few for a FAT32 file system.", nameof(size));
        }
    }

    private int ClusterSize => _clusterSectors * _sectorSize;

    /// <param name="start">Where the partition lies on its disk, in bytes.</param>
    /// <exception cref="IOException">The files do not fit, or writing failed.</exception>
    public static void Write(Stream volume, long size, int sectorSize, long start, string label, FatFolder root, DateTimeOffset at)
    {
        var fat = new FatVolume(size, sectorSize, start, at);
        fat.Place(root);
        fat.WriteHead(volume, label);
        foreach (var (cluster, entry) in fat._placed)
            fat.WriteContent(volume, cluster, entry, label);
        volume.Flush();
    }

    /// <summary>Gives each folder and file its clusters, one after the other.</summary>
    private void Place(FatFolder folder)
    {
        var isRoot = _table.Count == RootCluster;
        folder.Cluster = Take(folder.DirectorySize(isRoot));
        _placed.Add((folder.Cluster, folder));
        foreach (var child in folder.Children)
        {
            if (child is FatFolder below)
            {
                below.ParentCluster = isRoot ? 0 : folder.Cluster;
                Place(below);
            }
            else if (child is FatFile { Size: > 0 } file)
            {
                file.Cluster = Take(file.Size);
                _placed.Add((file.Cluster, file));
            }
        }
    }

    private uint Take(long size)
    {
        var first = (uint)_table.Count;
        var count = Math.Max(1, (size + ClusterSize - 1) / ClusterSize);
        if (first + count > _clusters + 2)
            throw new IOException("No space left on the EFI system partition: make it larger.");
        for (var index = 1; index < count; index++)
            _table.Add((uint)(first + index));
        _table.Add(EndOfChain);
        return first;
    }

    private void WriteHead(Stream volume, string label)
    {
        var boot = new byte[_sectorSize];
        byte[] jump = [0xEB, 0x58, 0x90];
        jump.CopyTo(boot, 0);
        "DPLYFLOW"u8.CopyTo(boot.AsSpan(3));
        Put16(boot, 11, _sectorSize);
        boot[13] = (byte)_clusterSectors;
        Put16(boot, 14, ReservedSectors);
        boot[16] = Tables;
        boot[21] = 0xF8;
        Put16(boot, 24, 63);
        Put16(boot, 26, 255);
        Put32(boot, 28, _startSector);
        Put32(boot, 32, _sectors);
        Put32(boot, 36, _tableSectors);
        Put32(boot, 44, RootCluster);
        Put16(boot, 48, 1);
        Put16(boot, 50, 6);
        boot[64] = 0x80;
        boot[66] = 0x29;
        Put32(boot, 67, (uint)_at.ToUnixTimeSeconds());
        FatNames.Label(label).CopyTo(boot, 71);
        "FAT32   "u8.CopyTo(boot.AsSpan(82));
        Put16(boot, 510, 0xAA55);

        var info = new byte[_sectorSize];
        Put32(info, 0, 0x41615252);
        Put32(info, 484, 0x61417272);
        Put32(info, 488, (uint)(_clusters + 2 - _table.Count));
        Put32(info, 492, (uint)_table.Count);
        Put32(info, 508, 0xAA550000);

        var reserved = new byte[ReservedSectors * _sectorSize];
        foreach (var copy in (ReadOnlySpan<int>)[0, 6])
        {
            boot.CopyTo(reserved, copy * _sectorSize);
            info.CopyTo(reserved, (copy + 1) * _sectorSize);
        }

        volume.Position = 0;
        volume.Write(reserved);
        var table = new byte[_tableSectors * _sectorSize];
        for (var index = 0; index < _table.Count; index++)
            Put32(table, index * 4, _table[index]);
        for (var copy = 0; copy < Tables; copy++)
            volume.Write(table);
    }

    private void WriteContent(Stream volume, uint cluster, FatEntry entry, string label)
    {
        volume.Position = ((long)ReservedSectors + (Tables * _tableSectors) + ((cluster - RootCluster) * (long)_clusterSectors)) * _sectorSize;
        long written;
        if (entry is FatFile file)
        {
            using var content = file.Open();
            content.CopyTo(volume);
            written = file.Size;
            if (content.Position != file.Size)
                throw new IOException($"{file.Name} changed while it was copied.");
        }
        else
        {
            var directory = Directory((FatFolder)entry, cluster == RootCluster ? label : null);
            volume.Write(directory);
            written = directory.Length;
        }

        volume.Write(new byte[(ClusterSize - (written % ClusterSize)) % ClusterSize]);
    }

    private byte[] Directory(FatFolder folder, string? label)
    {
        var bytes = new MemoryStream();
        if (label is not null)
        {
            bytes.Write(Entry(FatNames.Label(label), 0x08, 0, 0));
        }
        else
        {
            bytes.Write(Entry(Encoding.ASCII.GetBytes(".".PadRight(11)), FolderAttribute, folder.Cluster, 0));
            bytes.Write(Entry(Encoding.ASCII.GetBytes("..".PadRight(11)), FolderAttribute, folder.ParentCluster, 0));
        }

        var taken = FatNames.Taken(folder);
        foreach (var child in folder.Children)
        {
            var name = FatNames.Short(child.Name, taken);
            foreach (var part in FatNames.Long(child.Name, name))
                bytes.Write(part);
            bytes.Write(Entry(name, child is FatFolder ? FolderAttribute : FileAttribute, child.Cluster, child is FatFile file ? (uint)file.Size : 0));
        }

        return bytes.ToArray();
    }

    private byte[] Entry(byte[] name, byte attribute, uint cluster, uint size)
    {
        var entry = new byte[EntrySize];
        var time = (_at.Hour << 11) | (_at.Minute << 5) | (_at.Second / 2);
        var date = ((Math.Max(_at.Year, 1980) - 1980) << 9) | (_at.Month << 5) | _at.Day;
        name.CopyTo(entry, 0);
        entry[11] = attribute;
        Put16(entry, 14, time);
        Put16(entry, 16, date);
        Put16(entry, 18, date);
        Put16(entry, 20, (int)(cluster >> 16));
        Put16(entry, 22, time);
        Put16(entry, 24, date);
        Put16(entry, 26, (int)(cluster & 0xFFFF));
        Put32(entry, 28, size);
        return entry;
    }

    private static void Put16(byte[] bytes, int at, int value) => BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(at), (ushort)value);

    private static void Put32(byte[] bytes, int at, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(at), value);
}
