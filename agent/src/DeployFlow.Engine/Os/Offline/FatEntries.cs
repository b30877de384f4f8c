using System.Text;

namespace DeployFlow.Engine.Os.Offline;

/// <summary>What is to lie on a FAT volume.</summary>
public abstract class FatEntry(string name)
{
    public string Name { get; } = name;

    internal uint Cluster { get; set; }
}

public sealed class FatFile(string name, long size, Func<Stream> open) : FatEntry(name)
{
    public long Size { get; } = size;

    internal Stream Open() => open();

    public static FatFile Of(string name, byte[] content) => new(name, content.Length, () => new MemoryStream(content, writable: false));

    public static FatFile Copy(string name, string source) => new(name, new FileInfo(source).Length, () => File.OpenRead(source));
}

public sealed class FatFolder(string name) : FatEntry(name)
{
    private readonly SortedDictionary<string, FatEntry> _children = new(StringComparer.OrdinalIgnoreCase);

    public IEnumerable<FatEntry> Children => _children.Values;

    internal uint ParentCluster { get; set; }

    public FatFolder Folder(string name)
    {
        if (_children.GetValueOrDefault(name) is not FatFolder folder)
            _children[name] = folder = new FatFolder(name);
        return folder;
    }

    public void Add(FatFile file) => _children[file.Name] = file;

    /// <summary>Takes over a folder of this machine with all that is below it.</summary>
    public void CopyFrom(string source)
    {
        foreach (var file in Directory.EnumerateFiles(source))
            Add(FatFile.Copy(Path.GetFileName(file), file));
        foreach (var folder in Directory.EnumerateDirectories(source))
            Folder(Path.GetFileName(folder)).CopyFrom(folder);
    }

    /// <summary>Bytes of its own directory: the label, or the two dots, and what each child takes.</summary>
    internal long DirectorySize(bool isRoot) =>
        ((isRoot ? 1 : 2) + Children.Sum(child => 1 + FatNames.LongEntries(child.Name))) * 32L;
}

/// <summary>Names of FAT: eleven bytes, and for all that does not fit into them, entries with the long name.</summary>
internal static class FatNames
{
    private const int CharactersAnEntry = 13;
    private const string Allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'()-@^_`{}~";

    public static byte[] Label(string label) => Padded(string.Concat(label.ToUpperInvariant().Where(character => Allowed.Contains(character) || character == ' ')), 11);

    /// <summary>How many entries the long name takes; none where the short one says it all.</summary>
    public static int LongEntries(string name) => IsShort(name) ? 0 : (name.Length + CharactersAnEntry - 1) / CharactersAnEntry;

    /// <summary>The names of a folder that need no other form; no made-up one may be like them.</summary>
    public static HashSet<string> Taken(FatFolder folder) =>
        [.. folder.Children.Where(child => IsShort(child.Name)).Select(child => Joined(child.Name.Split('.')[0], child.Name.Split('.').ElementAtOrDefault(1) ?? ""))];

    /// <summary>A name of eleven bytes that no other in the folder has.</summary>
    public static byte[] Short(string name, HashSet<string> taken)
    {
        var dot = name.LastIndexOf('.');
        var stem = Cleaned(dot > 0 ? name[..dot] : name);
        var extension = Cleaned(dot > 0 ? name[(dot + 1)..] : "");
        extension = extension[..Math.Min(extension.Length, 3)];
        if (IsShort(name))
            return Encoding.ASCII.GetBytes(Joined(stem, extension));
        for (var number = 1; ; number++)
        {
            var tail = $"~{number}";
            var candidate = Joined(stem[..Math.Min(stem.Length, 8 - tail.Length)] + tail, extension);
            if (taken.Add(candidate))
                return Encoding.ASCII.GetBytes(candidate);
        }
    }

    /// <summary>The last part first, each with a checksum of the short name.</summary>
    public static IEnumerable<byte[]> Long(string name, byte[] shortName)
    {
        var count = LongEntries(name);
        var sum = shortName.Aggregate((byte)0, (value, next) => (byte)(((value & 1) << 7) + (value >> 1) + next));
        for (var number = count; number > 0; number--)
        {
            var entry = new byte[32];
            entry[0] = (byte)(number | (number == count ? 0x40 : 0));
            entry[11] = 0x0F;
            entry[13] = sum;
            for (var index = 0; index < CharactersAnEntry; index++)
            {
                var at = ((number - 1) * CharactersAnEntry) + index;
                var value = at < name.Length ? name[at] : at == name.Length ? '\0' : '\uFFFF';
                var place = index < 5 ? 1 + (index * 2) : index < 11 ? 14 + ((index - 5) * 2) : 28 + ((index - 11) * 2);
                entry[place] = (byte)value;
                entry[place + 1] = (byte)(value >> 8);
            }

            yield return entry;
        }
    }

    private static bool IsShort(string name)
    {
        var parts = name.Split('.');
        return parts.Length <= 2 && parts[0].Length is > 0 and <= 8 && (parts.Length == 1 || parts[1].Length is > 0 and <= 3)
            && parts.All(part => part.All(character => Allowed.Contains(character)));
    }

    private static string Cleaned(string text) =>
        string.Concat(text.ToUpperInvariant().Where(character => character is not (' ' or '.')).Select(character => Allowed.Contains(character) ? character : '_'));

    private static string Joined(string stem, string extension) => stem.PadRight(8) + extension.PadRight(3);

    private static byte[] Padded(string text, int length) => Encoding.ASCII.GetBytes(text.PadRight(length)[..length]);
}
