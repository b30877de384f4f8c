using System.Buffers.Binary;

namespace DeployFlow.Engine.Os.Offline;

/// <summary>
/// Lists of subkeys: sorted leaves (<c>lh</c> and <c>lf</c> with a hash beside each offset, <c>li</c> without), or
/// <c>ri</c>, a list of leaves.
/// </summary>
internal static class HiveSubkeys
{
    private const int Nothing = -1;
    private const int Head = 4;
    private const int FirstVersionWithHashes = 5;
    private const ushort Lf = 0x666C;
    private const ushort Lh = 0x686C;
    private const ushort Li = 0x696C;
    private const ushort Ri = 0x6972;

    public static IEnumerable<int> Offsets(Hive hive, int list)
    {
        if (list == Nothing)
            return [];
        var signature = Signature(hive, list);
        var entries = Enumerable.Range(0, Count(hive, list)).Select(index => Entry(hive, list, signature, index));
        return signature == Ri ? entries.SelectMany(leaf => Offsets(hive, leaf)) : entries;
    }

    /// <summary>Puts a key into its place.</summary>
    /// <returns>The list as it lies now.</returns>
    public static int Insert(Hive hive, int list, int key, string name)
    {
        if (list == Nothing)
            return NewLeaf(hive, hive.MinorVersion >= FirstVersionWithHashes ? Lh : Lf, [(key, name)]);
        if (Signature(hive, list) != Ri)
            return InsertIntoLeaf(hive, list, key, name);
        // Into the first leaf that does not end before it.
        var leaves = Enumerable.Range(0, Count(hive, list)).Select(index => Entry(hive, list, Ri, index)).ToList();
        var chosen = leaves.FindIndex(leaf => Compare(Name(hive, Entry(hive, leaf, Signature(hive, leaf), Count(hive, leaf) - 1)), name) >= 0);
        if (chosen < 0)
            chosen = leaves.Count - 1;
        var changed = InsertIntoLeaf(hive, leaves[chosen], key, name);
        BinaryPrimitives.WriteInt32LittleEndian(hive.Cell(list)[(Head + (chosen * 4))..], changed);
        return list;
    }

    private static int InsertIntoLeaf(Hive hive, int leaf, int key, string name)
    {
        var signature = Signature(hive, leaf);
        var keys = Enumerable.Range(0, Count(hive, leaf)).Select(index => Entry(hive, leaf, signature, index))
            .Select(offset => (Offset: offset, Name: Name(hive, offset))).ToList();
        var place = keys.FindIndex(known => Compare(known.Name, name) > 0);
        keys.Insert(place < 0 ? keys.Count : place, (key, name));
        var made = NewLeaf(hive, signature, keys);
        hive.Free(leaf);
        return made;
    }

    private static int NewLeaf(Hive hive, ushort signature, List<(int Offset, string Name)> keys)
    {
        var width = signature == Li ? 4 : 8;
        var leaf = hive.Allocate(Head + (keys.Count * width));
        var content = hive.Cell(leaf);
        BinaryPrimitives.WriteUInt16LittleEndian(content, signature);
        BinaryPrimitives.WriteUInt16LittleEndian(content[2..], (ushort)keys.Count);
        for (var index = 0; index < keys.Count; index++)
        {
            var entry = content[(Head + (index * width))..];
            BinaryPrimitives.WriteInt32LittleEndian(entry, keys[index].Offset);
            if (signature == Lh)
                BinaryPrimitives.WriteUInt32LittleEndian(entry[4..], Hash(keys[index].Name));
            else if (signature == Lf)
                Hint(keys[index].Name).CopyTo(entry[4..]);
        }

        return leaf;
    }

    private static string Name(Hive hive, int key) => new HiveKey(hive, key).Name;

    /// <summary>Windows sorts by upper case, character by character.</summary>
    private static int Compare(string left, string right) => string.CompareOrdinal(left.ToUpperInvariant(), right.ToUpperInvariant());

    private static uint Hash(string name) => name.ToUpperInvariant().Aggregate(0u, (hash, character) => unchecked((hash * 37) + character));

    /// <summary>The first four characters, where they are of one byte.</summary>
    private static byte[] Hint(string name)
    {
        var hint = new byte[4];
        for (var index = 0; index < Math.Min(name.Length, 4) && name[index] < 256; index++)
            hint[index] = (byte)name[index];
        return hint;
    }

    private static ushort Signature(Hive hive, int list)
    {
        var signature = BinaryPrimitives.ReadUInt16LittleEndian(hive.Cell(list));
        return signature is Lf or Lh or Li or Ri ? signature : throw new HiveException($"The registry hive has a damaged list of keys (0x{list:x}).");
    }

    private static int Count(Hive hive, int list) => BinaryPrimitives.ReadUInt16LittleEndian(hive.Cell(list)[2..]);

    private static int Entry(Hive hive, int list, ushort signature, int index) =>
        BinaryPrimitives.ReadInt32LittleEndian(hive.Cell(list)[(Head + (index * (signature is Li or Ri ? 4 : 8)))..]);
}
