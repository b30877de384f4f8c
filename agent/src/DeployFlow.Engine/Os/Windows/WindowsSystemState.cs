using System.Runtime.Versioning;
using Microsoft.Win32;

namespace DeployFlow.Engine.Os.Windows;

[SupportedOSPlatform("windows")]
public sealed class WindowsSystemState : ISystemState
{
    private const string SetupKey = @"HKEY_LOCAL_MACHINE\SYSTEM\Setup";

    /// <summary>Services run already while the setup renames the machine and asks its questions.</summary>
    public bool IsSettingUp => Flag("SystemSetupInProgress") || Flag("OOBEInProgress");

    public string? Restart() => WindowsPower.GoDown(andUpAgain: true);

    public string? ShutDown() => WindowsPower.GoDown(andUpAgain: false);

    private static bool Flag(string name) => Registry.GetValue(SetupKey, name, 0) is 1;
}
