namespace DeployFlow.Engine.Os.Linux;

/// <param name="searchPath">Folders to look in; those that are not absolute are skipped.</param>
public sealed class LinuxProgramFiles(IReadOnlyList<string> searchPath) : IProgramFiles
{
    public static readonly IReadOnlyList<string> Standard = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin", "/snap/bin", "/opt/microsoft/powershell/7"];

    public string? WindowsPowershell => null;

    public string? CommandInterpreter => null;

    public string? Shell => File.Exists("/bin/sh") ? "/bin/sh" : null;

    public string? Find(string name) =>
        searchPath.Where(Path.IsPathRooted).Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);
}
