using System.Buffers.Binary;

namespace DeployFlow.StandIns;

/// <summary>A file with the partition table of a disk, as the engine reads it: no checksums, and no second copy.</summary>
internal sealed class GptDisk(string file)
{
    public static readonly Guid Efi = new("c12a7328-f81f-11d2-ba4b-00a0c93ec93b");
    public static readonly Guid Msr = new("e3c9e316-0b5c-4db8-817d-f92df00215ae");
    public static readonly Guid Basic = new("ebd0a0a2-b9e5-4433-87c0-68b6b72699c7");

    private const int Sector = 512;
    private const int EntriesAt = 2 * Sector;
    private const int EntrySize = 128;
    private const int MostEntries = 128;
    private const long Mebibyte = 1L << 20;

    public void Clean() => Change(bytes => bytes.AsSpan().Clear());

    public void MakeTable() => Change(bytes =>
    {
        var head = bytes.AsSpan(Sector);
        "EFI PART"u8.CopyTo(head);
        Guid.NewGuid().TryWriteBytes(head[56..]);
        BinaryPrimitives.WriteInt64LittleEndian(head[72..], EntriesAt / Sector);
        BinaryPrimitives.WriteInt32LittleEndian(head[80..], MostEntries);
        BinaryPrimitives.WriteInt32LittleEndian(head[84..], EntrySize);
    });

    public void SetId(Guid id) => Change(bytes => id.TryWriteBytes(bytes.AsSpan(Sector + 56)));

    public bool Has(int number) => Entry(Read(), number)[..16].IndexOfAnyExcept((byte)0) >= 0;

    /// <returns>Its number; null where there is no room.</returns>
    public int? Add(Guid type, long mebibytes)
    {
        var bytes = Read();
        var number = Enumerable.Range(1, MostEntries).First(candidate => Entry(bytes, candidate)[..16].IndexOfAnyExcept((byte)0) < 0);
        var start = number == 1 ? Mebibyte : (BinaryPrimitives.ReadInt64LittleEndian(Entry(bytes, number - 1)[40..]) + 1) * Sector;
        var end = start + (mebibytes * Mebibyte);
        if (end > new FileInfo(file).Length - Mebibyte)
            return null;
        Change(changed =>
        {
            var entry = changed.AsSpan(EntriesAt + ((number - 1) * EntrySize), EntrySize);
            type.TryWriteBytes(entry);
            Guid.NewGuid().TryWriteBytes(entry[16..]);
            BinaryPrimitives.WriteInt64LittleEndian(entry[32..], start / Sector);
            BinaryPrimitives.WriteInt64LittleEndian(entry[40..], (end / Sector) - 1);
        });
        return number;
    }

    public void SetType(int number, Guid type) => Change(bytes => type.TryWriteBytes(bytes.AsSpan(EntriesAt + ((number - 1) * EntrySize))));

    public void SetAttributes(int number, ulong attributes) =>
        Change(bytes => BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(EntriesAt + ((number - 1) * EntrySize) + 48), attributes));

    private static ReadOnlySpan<byte> Entry(byte[] bytes, int number) => bytes.AsSpan(EntriesAt + ((number - 1) * EntrySize), EntrySize);

    private byte[] Read()
    {
        using var stream = File.OpenRead(file);
        var bytes = new byte[Mebibyte];
        stream.ReadExactly(bytes);
        return bytes;
    }

    private void Change(Action<byte[]> change)
    {
        var bytes = Read();
        change(bytes);
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Write);
        stream.Write(bytes);
    }
}
