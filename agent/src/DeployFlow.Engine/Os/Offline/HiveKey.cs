using System.Buffers.Binary;
using System.Text;

namespace DeployFlow.Engine.Os.Offline;

/// <summary>A key of a hive: an <c>nk</c> cell with its subkeys and values.</summary>
public sealed class HiveKey
{
    private const int Nothing = -1;

    // Fields of an nk cell, from the start of its content.
    private const int TimeAt = 0x04;
    private const int ParentAt = 0x10;
    private const int SubkeysAt = 0x14;
    private const int SubkeyListAt = 0x1C;
    private const int VolatileListAt = 0x20;
    private const int ValuesAt = 0x24;
    private const int ValueListAt = 0x28;
    private const int SecurityAt = 0x2C;
    private const int ClassAt = 0x30;
    private const int LongestSubkeyAt = 0x34;
    private const int LongestValueAt = 0x3C;
    private const int LargestValueAt = 0x40;
    private const int NameSizeAt = 0x48;
    private const int NameAt = 0x4C;

    private const ushort NkSignature = 0x6B6E;
    private const ushort RootFlags = 0x002C;
    private const ushort AsciiName = 0x0020;

    private readonly Hive _hive;

    internal HiveKey(Hive hive, int offset)
    {
        _hive = hive;
        Offset = offset;
        if (BinaryPrimitives.ReadUInt16LittleEndian(hive.Cell(offset)) != NkSignature)
            throw new HiveException($"The registry hive has no key at 0x{offset:x}.");
    }

    public string Name => HiveNames.Read(_hive.Cell(Offset)[NameAt..], UShort(NameSizeAt), isAscii: (UShort(2) & AsciiName) != 0);

    public IEnumerable<HiveKey> Subkeys => HiveSubkeys.Offsets(_hive, Field(SubkeyListAt)).Select(offset => new HiveKey(_hive, offset));

    public IReadOnlyList<HiveValue> Values => [.. ValueOffsets().Select(offset => HiveValue.Read(_hive, offset))];

    internal int Offset { get; }

    public HiveKey? Find(string name) => Subkeys.FirstOrDefault(key => key.Name.Equals(name, StringComparison.OrdinalIgnoreCase));

    /// <summary>The key of this path, made where it does not exist.</summary>
    public HiveKey Ensure(string path)
    {
        var key = this;
        foreach (var name in path.Split('\\', StringSplitOptions.RemoveEmptyEntries))
            key = key.Find(name) ?? key.Add(name);
        return key;
    }

    public HiveValue? Value(string name) => Values.FirstOrDefault(value => value.Name.Equals(name, StringComparison.OrdinalIgnoreCase));

    /// <param name="name">Empty for the key's default value.</param>
    public void Set(string name, RegistryKind kind, byte[] data)
    {
        var offsets = ValueOffsets().ToList();
        var known = offsets.FindIndex(offset => HiveValue.Read(_hive, offset).Name.Equals(name, StringComparison.OrdinalIgnoreCase));
        // A value that is there keeps the spelling of its name.
        var made = HiveValue.Write(_hive, known < 0 ? name : HiveValue.Read(_hive, offsets[known]).Name, kind, data);
        if (known >= 0)
            offsets[known] = made;
        else
            offsets.Add(made);
        var old = Field(ValueListAt);
        var list = _hive.Allocate(offsets.Count * 4);
        for (var index = 0; index < offsets.Count; index++)
            _hive.Put(list + 4 + (index * 4), offsets[index]);
        if (old != Nothing)
            _hive.Free(old);
        SetField(ValuesAt, offsets.Count);
        SetField(ValueListAt, list);
        SetField(LongestValueAt, Math.Max(Field(LongestValueAt), name.Length * 2));
        SetField(LargestValueAt, Math.Max(Field(LargestValueAt), data.Length));
        _hive.PutTime(Offset + 4 + TimeAt);
    }

    public void Set(string name, string text) => Set(name, RegistryKind.Text, RegistryData.Text(text));

    public void Set(string name, int number) => Set(name, RegistryKind.Dword, RegistryData.Dword((uint)number));

    internal static HiveKey CreateRoot(Hive hive, string name, byte[] security)
    {
        var cell = hive.Allocate(20 + security.Length);
        var content = hive.Cell(cell);
        content[0] = (byte)'s';
        content[1] = (byte)'k';
        BinaryPrimitives.WriteInt32LittleEndian(content[4..], cell);
        BinaryPrimitives.WriteInt32LittleEndian(content[8..], cell);
        BinaryPrimitives.WriteInt32LittleEndian(content[12..], 1);
        BinaryPrimitives.WriteInt32LittleEndian(content[16..], security.Length);
        security.CopyTo(content[20..]);
        return new HiveKey(hive, NewCell(hive, name, RootFlags, Nothing, cell));
    }

    private HiveKey Add(string name)
    {
        if (name.Length is 0 or > 255)
            throw new HiveException($"'{name}' is no name of a registry key.");
        var security = Field(SecurityAt);
        var made = NewCell(_hive, name, (ushort)(HiveNames.IsAscii(name) ? AsciiName : 0), Offset, security);
        // The descriptor is the parent's; it counts who uses it.
        _hive.Put(security + 4 + 12, _hive.Int(security + 4 + 12) + 1);
        SetField(SubkeyListAt, HiveSubkeys.Insert(_hive, Field(SubkeyListAt), made, name));
        SetField(SubkeysAt, Field(SubkeysAt) + 1);
        SetField(LongestSubkeyAt, Math.Max(Field(LongestSubkeyAt), name.Length * 2));
        _hive.PutTime(Offset + 4 + TimeAt);
        return new HiveKey(_hive, made);
    }

    private static int NewCell(Hive hive, string name, ushort flags, int parent, int security)
    {
        var text = HiveNames.Write(name);
        var cell = hive.Allocate(NameAt + text.Length);
        var content = hive.Cell(cell);
        BinaryPrimitives.WriteUInt16LittleEndian(content, NkSignature);
        BinaryPrimitives.WriteUInt16LittleEndian(content[2..], flags);
        BinaryPrimitives.WriteInt32LittleEndian(content[ParentAt..], parent);
        foreach (var field in (ReadOnlySpan<int>)[SubkeyListAt, VolatileListAt, ValueListAt, ClassAt])
            BinaryPrimitives.WriteInt32LittleEndian(content[field..], Nothing);
        BinaryPrimitives.WriteInt32LittleEndian(content[SecurityAt..], security);
        BinaryPrimitives.WriteUInt16LittleEndian(content[NameSizeAt..], (ushort)text.Length);
        text.CopyTo(content[NameAt..]);
        hive.PutTime(cell + 4 + TimeAt);
        return cell;
    }

    private IEnumerable<int> ValueOffsets()
    {
        var list = Field(ValueListAt);
        return list == Nothing ? [] : Enumerable.Range(0, Field(ValuesAt)).Select(index => _hive.Int(list + 4 + (index * 4)));
    }

    private int Field(int at) => BinaryPrimitives.ReadInt32LittleEndian(_hive.Cell(Offset)[at..]);

    private ushort UShort(int at) => BinaryPrimitives.ReadUInt16LittleEndian(_hive.Cell(Offset)[at..]);

    private void SetField(int at, int value) => BinaryPrimitives.WriteInt32LittleEndian(_hive.Cell(Offset)[at..], value);
}

/// <summary>Names are kept in one byte a character where that is enough.</summary>
internal static class HiveNames
{
    public static bool IsAscii(string name) => Ascii.IsValid(name);

    public static byte[] Write(string name) => IsAscii(name) ? Encoding.ASCII.GetBytes(name) : Encoding.Unicode.GetBytes(name);

    public static string Read(ReadOnlySpan<byte> bytes, int size, bool isAscii) =>
        (isAscii ? Encoding.Latin1 : Encoding.Unicode).GetString(bytes[..size]);
}
