using System.Runtime.Versioning;
using Microsoft.Win32;

namespace DeployFlow.Engine.Os.Windows;

[SupportedOSPlatform("windows")]
public sealed class WindowsSystemState : ISystemState
{
    private const string SetupKey = @"HKEY_LOCAL_MACHINE\SYSTEM\Setup";

    /// <summary>Services run already while the setup renames the machine and asks its questions.</summary>
    public bool IsSettingUp => Flag("SystemSetupInProgress") || Flag("OOBEInProgress");

    public string? Restart()
    {
        // A planned restart for an installation (4:2), with a moment for the agent to write down where it is.
        var end = ProgramOutput.Run(
            Path.Combine(Environment.SystemDirectory, "shutdown.exe"), "/r", "/t", "5", "/d", "p:4:2", "/c", "DeployFlow Fleet goes on with the deployment.");
        return end is { ExitCode: 0 } ? null : $"shutdown.exe refused ({end?.ExitCode}): {end?.Errors.Trim()}{end?.Output.Trim()}";
    }

    private static bool Flag(string name) => Registry.GetValue(SetupKey, name, 0) is 1;
}
