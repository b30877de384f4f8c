using System.Buffers.Binary;
using System.Text;

namespace DeployFlow.Engine.Os.Smbios;

/// <summary>
/// The structures of an SMBIOS table (DSP0134), from wherever it was read. Never throws: firmware vendors write
/// whatever they like, and an inventory without a serial number is better than none.
/// </summary>
public sealed class SmbiosTables
{
    private const int HeaderSize = 4;
    private const byte SystemInformation = 1;
    private const byte EndOfTable = 127;

    private readonly List<Structure> _structures = [];

    public SmbiosTables(ReadOnlySpan<byte> table)
    {
        while (table.Length >= HeaderSize && table[1] >= HeaderSize && table[1] <= table.Length)
        {
            var length = table[1];
            var strings = Strings(table[length..], out var stringsSize);
            _structures.Add(new Structure(table[0], table[..length].ToArray(), strings));
            if (table[0] == EndOfTable || length + stringsSize >= table.Length)
                break;
            table = table[(length + stringsSize)..];
        }
    }

    public string? Manufacturer => SystemText(0x04);

    public string? Model => SystemText(0x05);

    public string? Serial => SystemText(0x07);

    public string? Sku => SystemText(0x19);

    /// <summary>Canonical lower-case UUID; null where the firmware has none or a made-up one.</summary>
    public string? Uuid
    {
        get
        {
            const int offset = 0x08;
            if (First(SystemInformation) is not { } system || system.Data.Length < offset + 16)
                return null;
            var bytes = system.Data.AsSpan(offset, 16);
            if (bytes.IndexOfAnyExcept((byte)0) < 0 || bytes.IndexOfAnyExcept((byte)0xff) < 0)
                return null;
            // Since SMBIOS 2.6 the first three fields are little-endian, which is also how Guid reads them.
            return JunkValues.Clean(new Guid(bytes).ToString());
        }
    }

    private string? SystemText(int offset) => First(SystemInformation) is { } system ? JunkValues.Clean(system.Text(offset)) : null;

    private Structure? First(byte type) => _structures.Find(structure => structure.Type == type);

    /// <summary>The strings after a structure, which end with an empty one.</summary>
    private static List<string> Strings(ReadOnlySpan<byte> area, out int size)
    {
        var strings = new List<string>();
        size = 0;
        while (size < area.Length && area[size] != 0)
        {
            var length = area[size..].IndexOf((byte)0);
            if (length < 0)
                length = area.Length - size;
            strings.Add(Encoding.Latin1.GetString(area.Slice(size, length)));
            size += length + 1;
        }

        // No strings at all are two zeros, else the last string's zero is followed by one.
        size = strings.Count == 0 ? 2 : size + 1;
        return strings;
    }

    private sealed record Structure(byte Type, byte[] Data, List<string> Strings)
    {
        public string? Text(int offset) =>
            offset < Data.Length && Data[offset] is var number && number > 0 && number <= Strings.Count ? Strings[number - 1] : null;
    }

    /// <summary>The raw table of Windows has an 8-byte header: calling method, version, length.</summary>
    public static SmbiosTables FromWindows(ReadOnlySpan<byte> raw)
    {
        const int header = 8;
        if (raw.Length < header)
            return new SmbiosTables([]);
        var length = (int)Math.Min(BinaryPrimitives.ReadUInt32LittleEndian(raw[4..]), raw.Length - header);
        return new SmbiosTables(raw.Slice(header, length));
    }
}
