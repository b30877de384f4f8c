namespace DeployFlow.Engine.Os.Linux;

/// <summary>A file of <c>NAME=value</c> lines that the package wrote from its environment, or a person before its installation.</summary>
public sealed class PackageSettings(string path) : IInstallerSettings
{
    public const string Standard = "/etc/deployflow-agent/enroll";

    public InstallerSettings? Read()
    {
        if (!File.Exists(path))
            return null;
        var values = File.ReadAllLines(path)
            .Select(line => line.Split('=', 2, StringSplitOptions.TrimEntries))
            .Where(parts => parts.Length == 2 && !parts[0].StartsWith('#'))
            .GroupBy(parts => parts[0], StringComparer.Ordinal)
            .ToDictionary(group => group.Key, group => group.Last()[1], StringComparer.Ordinal);
        return InstallerSettings.Of(values.GetValueOrDefault);
    }

    public void Forget() => File.Delete(path);
}
