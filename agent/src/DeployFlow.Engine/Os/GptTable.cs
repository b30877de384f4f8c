using System.Buffers.Binary;
using System.Text;
using DeployFlow.Engine.Steps;

namespace DeployFlow.Engine.Os;

/// <summary>The partition table of a disk, read from its first copy.</summary>
public sealed record GptTable(Guid Disk, IReadOnlyList<GptPartition> Partitions)
{
    private const int MostEntries = 1024;

    /// <summary>Null where the disk has no such table.</summary>
    public static GptTable? Read(string disk, int sectorSize)
    {
        try
        {
            using var stream = new FileStream(disk, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
            var head = new byte[sectorSize];
            stream.Position = sectorSize;
            stream.ReadExactly(head);
            if (!head.AsSpan().StartsWith("EFI PART"u8))
                return null;
            var at = BinaryPrimitives.ReadInt64LittleEndian(head.AsSpan(72));
            var count = BinaryPrimitives.ReadInt32LittleEndian(head.AsSpan(80));
            var size = BinaryPrimitives.ReadInt32LittleEndian(head.AsSpan(84));
            if (count is <= 0 or > MostEntries || size is < 128 or > 4096)
                return null;
            var entries = new byte[count * size];
            stream.Position = at * sectorSize;
            stream.ReadExactly(entries);
            return new GptTable(new Guid(head.AsSpan(56, 16)), [.. Enumerable.Range(0, count)
                .Select(index => Entry(index + 1, entries.AsSpan(index * size, size), sectorSize)).OfType<GptPartition>()]);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>
    /// The partitions of a layout as they are on this disk: by the ids and names that we give, or, where diskpart made
    /// them, which gives neither, by the disk's own id and their order. The server gives a device the same ids each time.
    /// </summary>
    /// <returns>In the layout's order; null where the disk is not laid out like this, or not by us.</returns>
    public IReadOnlyList<GptPartition>? Matching(DiskLayout layout)
    {
        var found = layout.Partitions
            .Select(wanted => Partitions.FirstOrDefault(partition => partition.Type == wanted.Type && (partition.Id == wanted.Id || partition.Name == wanted.TableName)))
            .ToList();
        if (found.Count > 0 && found.TrueForAll(partition => partition is not null))
            return found!;
        return Disk == layout.Ids.Disk && Partitions.Select(partition => partition.Type).SequenceEqual(layout.Partitions.Select(partition => partition.Type))
            ? Partitions
            : null;
    }

    /// <summary>What a disk holds. One that cannot be read counts as one that holds something.</summary>
    public static DiskUse Look(string disk, int sectorSize, DiskLayout layout)
    {
        if (Read(disk, sectorSize) is { } table)
            return table.Partitions.Count == 0 ? DiskUse.Empty : table.Matching(layout) is null ? DiskUse.Other : DiskUse.LaidOut;
        return StartsWithZeros(disk, 0) == true ? DiskUse.Empty : DiskUse.Other;
    }

    /// <summary>Whether a mebibyte holds nothing but zeros, and so no table and no file system; null where it cannot be read.</summary>
    internal static bool? StartsWithZeros(string disk, long at)
    {
        try
        {
            using var stream = new FileStream(disk, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
            var start = new byte[1 << 20];
            stream.Position = at;
            stream.ReadExactly(start);
            return start.AsSpan().IndexOfAnyExcept((byte)0) < 0;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static GptPartition? Entry(int number, ReadOnlySpan<byte> entry, int sectorSize)
    {
        if (entry[..16].IndexOfAnyExcept((byte)0) < 0)
            return null;
        var first = BinaryPrimitives.ReadInt64LittleEndian(entry[32..]);
        var last = BinaryPrimitives.ReadInt64LittleEndian(entry[40..]);
        return new GptPartition(
            number, new Guid(entry[..16]), new Guid(entry.Slice(16, 16)), first * sectorSize, (last - first + 1) * sectorSize, Encoding.Unicode.GetString(entry.Slice(56, 72)).TrimEnd('\0'));
    }
}

public sealed record GptPartition(int Number, Guid Type, Guid Id, long Start, long Size, string Name);
