using System.Buffers.Binary;
using System.Text;

namespace DeployFlow.Engine.Os.Offline;

public enum RegistryKind
{
    None = 0,
    Text = 1,
    ExpandText = 2,
    Binary = 3,
    Dword = 4,
    MultiText = 7,
    Qword = 11,
}

/// <summary>A value of a registry key.</summary>
public sealed record HiveValue(string Name, RegistryKind Kind, byte[] Data)
{
    private const ushort VkSignature = 0x6B76;
    private const ushort AsciiName = 1;
    private const int NameAt = 0x14;
    private const uint Inline = 0x80000000;

    /// <summary>Larger data is kept in several cells, which only Windows itself writes here.</summary>
    private const int LargestCell = 16344;

    internal static HiveValue Read(Hive hive, int offset)
    {
        var content = hive.Cell(offset);
        if (BinaryPrimitives.ReadUInt16LittleEndian(content) != VkSignature)
            throw new HiveException($"The registry hive has no value at 0x{offset:x}.");
        var nameSize = BinaryPrimitives.ReadUInt16LittleEndian(content[2..]);
        var size = BinaryPrimitives.ReadUInt32LittleEndian(content[4..]);
        var kind = (RegistryKind)BinaryPrimitives.ReadInt32LittleEndian(content[12..]);
        var name = HiveNames.Read(content[NameAt..], nameSize, (BinaryPrimitives.ReadUInt16LittleEndian(content[16..]) & AsciiName) != 0);
        if ((size & Inline) != 0)
            return new HiveValue(name, kind, content.Slice(8, (int)Math.Min(size & ~Inline, 4)).ToArray());
        var data = size == 0 ? [] : hive.Cell(BinaryPrimitives.ReadInt32LittleEndian(content[8..]));
        // Of a large value only the head of its list lies here; nothing reads those.
        return new HiveValue(name, kind, data[..(int)Math.Min(size, data.Length)].ToArray());
    }

    internal static int Write(Hive hive, string name, RegistryKind kind, byte[] data)
    {
        if (data.Length > LargestCell)
            throw new HiveException($"The registry value '{name}' is larger than {LargestCell} bytes.");
        var text = HiveNames.Write(name);
        var isInline = data.Length <= 4;
        var cell = isInline ? 0 : hive.Allocate(data);
        var offset = hive.Allocate(NameAt + text.Length);
        var content = hive.Cell(offset);
        BinaryPrimitives.WriteUInt16LittleEndian(content, VkSignature);
        BinaryPrimitives.WriteUInt16LittleEndian(content[2..], (ushort)text.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(content[4..], (uint)data.Length | (isInline ? Inline : 0));
        if (isInline)
            data.CopyTo(content[8..]);
        else
            BinaryPrimitives.WriteInt32LittleEndian(content[8..], cell);
        BinaryPrimitives.WriteInt32LittleEndian(content[12..], (int)kind);
        BinaryPrimitives.WriteUInt16LittleEndian(content[16..], (ushort)(HiveNames.IsAscii(name) ? AsciiName : 0));
        text.CopyTo(content[NameAt..]);
        return offset;
    }
}

/// <summary>The bytes of registry values.</summary>
public static class RegistryData
{
    public static byte[] Text(string text) => Encoding.Unicode.GetBytes(text + '\0');

    public static byte[] MultiText(IEnumerable<string> texts) => Encoding.Unicode.GetBytes(string.Concat(texts.Select(text => text + '\0')) + '\0');

    public static byte[] Dword(uint number)
    {
        var data = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(data, number);
        return data;
    }

    public static byte[] Qword(ulong number)
    {
        var data = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(data, number);
        return data;
    }

    public static string ToText(byte[] data) => Encoding.Unicode.GetString(data).TrimEnd('\0');
}
