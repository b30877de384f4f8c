using DeployFlow.Contracts;

namespace DeployFlow.Engine.Os.Linux;

/// <summary>Installed packages by dpkg's status file, or by asking rpm, whose database has no stable format.</summary>
internal static class LinuxSoftware
{
    private const string DpkgStatus = "/var/lib/dpkg/status";
    private const char Separator = '\u001f';

    public static IReadOnlyList<SoftwareInventory> All() =>
        [.. (File.Exists(DpkgStatus) ? Dpkg(File.ReadLines(DpkgStatus)) : Rpm()).OrderBy(package => package.Name, StringComparer.Ordinal)];

    public static IEnumerable<SoftwareInventory> Dpkg(IEnumerable<string> lines)
    {
        string? name = null, version = null, maintainer = null;
        var installed = false;
        foreach (var line in lines.Append(""))
        {
            if (line.Length == 0)
            {
                if (name is not null && installed)
                    yield return new SoftwareInventory(name, version, maintainer);
                (name, version, maintainer, installed) = (null, null, null, false);
            }
            else if (line.StartsWith("Package: ", StringComparison.Ordinal))
                name = line[9..];
            else if (line.StartsWith("Version: ", StringComparison.Ordinal))
                version = line[9..];
            else if (line.StartsWith("Maintainer: ", StringComparison.Ordinal))
                maintainer = line[12..];
            else if (line.StartsWith("Status: ", StringComparison.Ordinal))
                installed = line.EndsWith(" installed", StringComparison.Ordinal);
        }
    }

    private static IEnumerable<SoftwareInventory> Rpm()
    {
        if (!File.Exists("/usr/bin/rpm"))
            return [];
        var format = $"%{{NAME}}{Separator}%{{VERSION}}-%{{RELEASE}}{Separator}%{{VENDOR}}\n";
        return ProgramOutput.Of("/usr/bin/rpm", "-qa", "--qf", format)
            .Split('\n')
            .Select(line => line.Split(Separator))
            .Where(fields => fields.Length == 3)
            .Select(fields => new SoftwareInventory(fields[0], fields[1], fields[2] is "(none)" ? null : fields[2]));
    }
}
