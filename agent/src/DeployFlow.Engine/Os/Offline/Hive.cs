using System.Buffers.Binary;
using System.Text;

namespace DeployFlow.Engine.Os.Offline;

/// <summary>
/// A registry hive (regf) as a file, without Windows. Reads what is there and adds to it: new cells go into new bins at
/// the end, the rest of the file keeps its place, so that a hive of Windows' own is changed as little as possible.
/// </summary>
public sealed class Hive
{
    /// <summary>Offsets in a hive count from the first bin, which follows the base block.</summary>
    private const int BaseBlock = 4096;
    private const int BinHeader = 32;

    /// <summary>Windows counts from 1601.</summary>
    private const long FirstTicks = 504911232000000000;
    private const int Unit = 4096;
    private const int ChecksumAt = 0x1FC;
    private const uint RegfSignature = 0x66676572;
    private const uint HbinSignature = 0x6E696268;

    private readonly long _time;
    private byte[] _bytes;
    private int _free;
    private int _freeSize;

    private Hive(byte[] bytes, DateTimeOffset at)
    {
        _bytes = bytes;
        _time = Math.Max(at.UtcTicks - FirstTicks, 0);
    }

    public HiveKey Root => new(this, Int(RootAt));

    internal int MinorVersion => Int(-BaseBlock + 0x18);

    private static int RootAt => 0x24 - BaseBlock;

    /// <summary>An empty hive.</summary>
    /// <param name="name">Kept in the hive's head; only for people.</param>
    /// <param name="at">Written wherever a hive keeps a time, so that the same content makes the same file.</param>
    public static Hive Create(string name, string rootName, DateTimeOffset at)
    {
        var hive = new Hive(new byte[BaseBlock], at);
        hive.Put(-BaseBlock, RegfSignature);
        hive.Put(-BaseBlock + 0x04, 1);
        hive.Put(-BaseBlock + 0x08, 1);
        hive.PutTime(-BaseBlock + 0x0C);
        hive.Put(-BaseBlock + 0x14, 1);
        hive.Put(-BaseBlock + 0x18, 3);
        hive.Put(-BaseBlock + 0x20, 1);
        hive.Put(-BaseBlock + 0x2C, 1);
        Encoding.Unicode.GetBytes(name).AsSpan(0, Math.Min(name.Length * 2, 62)).CopyTo(hive._bytes.AsSpan(0x30));
        var root = HiveKey.CreateRoot(hive, rootName, SecurityDescriptors.SystemAndAdministratorsKey);
        hive.Put(RootAt, root.Offset);
        return hive;
    }

    /// <exception cref="HiveException">It is no hive, or one that Windows had not closed.</exception>
    public static Hive Open(byte[] bytes, DateTimeOffset at)
    {
        var hive = new Hive(bytes, at);
        if (bytes.Length < BaseBlock + Unit || hive.Int(-BaseBlock) != (int)RegfSignature)
            throw new HiveException("It is no registry hive.");
        if (hive.Checksum() != (uint)hive.Int(-BaseBlock + ChecksumAt))
            throw new HiveException("The registry hive's head is damaged.");
        if (hive.Int(-BaseBlock + 0x04) != hive.Int(-BaseBlock + 0x08))
            throw new HiveException("The registry hive was not closed; capture the image after a complete shutdown.");
        if (hive.Int(-BaseBlock + 0x28) > bytes.Length - BaseBlock)
            throw new HiveException("The registry hive is cut short.");
        return hive;
    }

    /// <summary>The file's content.</summary>
    public byte[] Save()
    {
        EndFree();
        var sequence = Int(-BaseBlock + 0x04) + 1;
        Put(-BaseBlock + 0x04, sequence);
        Put(-BaseBlock + 0x08, sequence);
        PutTime(-BaseBlock + 0x0C);
        Put(-BaseBlock + 0x28, _bytes.Length - BaseBlock);
        Put(-BaseBlock + ChecksumAt, Checksum());
        return _bytes;
    }

    /// <summary>The content of a cell.</summary>
    internal Span<byte> Cell(int offset)
    {
        if (offset < BinHeader || offset + 4 > _bytes.Length - BaseBlock)
            throw new HiveException($"The registry hive points to nowhere (0x{offset:x}).");
        var size = -Int(offset);
        if (size < 8 || offset + size > _bytes.Length - BaseBlock)
            throw new HiveException($"The registry hive has a damaged cell (0x{offset:x}).");
        return _bytes.AsSpan(BaseBlock + offset + 4, size - 4);
    }

    /// <summary>A new cell, of zeros. Spans of cells are not good any more after it.</summary>
    internal int Allocate(int size)
    {
        var needed = (size + 4 + 7) & ~7;
        // What is left of a bin must hold the head of a free cell, or nothing.
        if (_freeSize < needed || (_freeSize > needed && _freeSize - needed < 8))
            NewBin(needed);
        var offset = _free;
        Put(offset, -needed);
        _free += needed;
        _freeSize -= needed;
        return offset;
    }

    internal int Allocate(ReadOnlySpan<byte> content)
    {
        var copy = content.ToArray();
        var offset = Allocate(copy.Length);
        copy.CopyTo(Cell(offset));
        return offset;
    }

    /// <summary>Gives a cell back.</summary>
    internal void Free(int offset) => Put(offset, -Int(offset));

    internal int Int(int offset) => BinaryPrimitives.ReadInt32LittleEndian(_bytes.AsSpan(BaseBlock + offset));

    internal void Put(int offset, int value) => BinaryPrimitives.WriteInt32LittleEndian(_bytes.AsSpan(BaseBlock + offset), value);

    internal void PutTime(int offset) => BinaryPrimitives.WriteInt64LittleEndian(_bytes.AsSpan(BaseBlock + offset), _time);

    private void Put(int offset, uint value) => Put(offset, (int)value);

    private void NewBin(int needed)
    {
        EndFree();
        var start = _bytes.Length - BaseBlock;
        var size = (needed + BinHeader + Unit - 1) / Unit * Unit;
        Array.Resize(ref _bytes, _bytes.Length + size);
        Put(start, HbinSignature);
        Put(start + 4, start);
        Put(start + 8, size);
        PutTime(start + 20);
        _free = start + BinHeader;
        _freeSize = size - BinHeader;
    }

    /// <summary>The rest of the last new bin is one free cell.</summary>
    private void EndFree()
    {
        if (_freeSize > 0)
            Put(_free, _freeSize);
    }

    private uint Checksum()
    {
        uint sum = 0;
        for (var at = 0; at < ChecksumAt; at += 4)
            sum ^= BinaryPrimitives.ReadUInt32LittleEndian(_bytes.AsSpan(at));
        return sum switch { 0 => 1, uint.MaxValue => uint.MaxValue - 1, _ => sum };
    }
}

/// <summary>A hive is not usable. The message is one sentence.</summary>
public sealed class HiveException(string message) : Exception(message);
