using System.Buffers.Binary;
using System.Text;

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
