namespace DeployFlow.Engine.Os.Offline;

/// <summary>
/// Windows' paths on a volume that another system has mounted: the case of names does not count, and nothing leads out
/// of the volume.
/// </summary>
public static class OfflinePath
{
    /// <summary>Where a file or folder lies; what does not exist yet keeps the spelling it was given.</summary>
    /// <param name="path">From the root of the volume, with slashes of either kind.</param>
    /// <exception cref="ArgumentException">The path would leave the volume.</exception>
    public static string In(string root, string path)
    {
        var found = root;
        foreach (var name in path.Split('\\', '/').Where(part => part.Length > 0))
        {
            if (name is "." or ".." || name.Contains(':', StringComparison.Ordinal) || name.Contains('\0', StringComparison.Ordinal))
                throw new ArgumentException($"'{path}' is no plain path on the Windows volume.", nameof(path));
            found = Child(found, name);
            // A link could lead anywhere on the machine that deploys.
            if (new FileInfo(found).LinkTarget is not null)
                throw new ArgumentException($"'{path}' leads through a link ({name}).", nameof(path));
        }

        return found;
    }

    /// <summary>The same, with its folders made.</summary>
    public static string ForWriting(string root, string path)
    {
        var file = In(root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        return file;
    }

    private static string Child(string folder, string name)
    {
        var exact = Path.Combine(folder, name);
        if (Path.Exists(exact) || !Directory.Exists(folder))
            return exact;
        return Directory.EnumerateFileSystemEntries(folder).FirstOrDefault(entry => Path.GetFileName(entry).Equals(name, StringComparison.OrdinalIgnoreCase)) ?? exact;
    }
}
