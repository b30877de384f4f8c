using System.Runtime.Versioning;
using Microsoft.Win32;

namespace DeployFlow.Engine.Os.Windows;

/// <summary>The properties that <c>msiexec</c> was given, which the package writes into the registry.</summary>
[SupportedOSPlatform("windows")]
public sealed class MsiProperties : IInstallerSettings
{
    private const string Key = @"SOFTWARE\DeployFlow\Agent";
    private static readonly string[] Names = ["SERVER", "TOKEN", "CA", "TAGS"];

    public InstallerSettings? Read()
    {
        using var machine = RegistryKey.OpenBaseKey(RegistryHive.LocalMachine, RegistryView.Registry64);
        using var key = machine.OpenSubKey(Key);
        return key is null ? null : InstallerSettings.Of(name => (key.GetValue(name) as string)?.Trim());
    }

    public void Forget()
    {
        using var machine = RegistryKey.OpenBaseKey(RegistryHive.LocalMachine, RegistryView.Registry64);
        using var key = machine.OpenSubKey(Key, writable: true);
        foreach (var name in Names)
            key?.DeleteValue(name, throwOnMissingValue: false);
    }
}
