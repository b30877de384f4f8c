using System.Runtime.Versioning;

namespace DeployFlow.Engine.Os.Windows;

[SupportedOSPlatform("windows")]
public sealed class WindowsProgramFiles : IProgramFiles
{
    private static readonly string System32 = Environment.SystemDirectory;

    public string? WindowsPowershell => Existing(Path.Combine(System32, @"WindowsPowerShell\v1.0\powershell.exe"));

    public string? CommandInterpreter => Existing(Path.Combine(System32, "cmd.exe"));

    public string? Shell => Find("sh");

    public string? Find(string name) =>
        (Environment.GetEnvironmentVariable("PATH", EnvironmentVariableTarget.Machine) ?? Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
        .Select(Environment.ExpandEnvironmentVariables)
        // In WindowsApps lie stubs that open the Store.
        .Where(folder => Path.IsPathFullyQualified(folder) && !folder.Contains("WindowsApps", StringComparison.OrdinalIgnoreCase))
        .Select(folder => Path.Combine(folder, name + ".exe"))
        .FirstOrDefault(File.Exists);

    private static string? Existing(string path) => File.Exists(path) ? path : null;
}
