using System.Runtime.Versioning;
using System.Security;
using DeployFlow.Contracts;
using Microsoft.Win32;

namespace DeployFlow.Engine.Os.Windows;

/// <summary>What "Apps and features" would list for the whole machine, 64-bit and 32-bit.</summary>
[SupportedOSPlatform("windows")]
internal static class WindowsSoftware
{
    private const string Uninstall = @"SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall";

    public static IReadOnlyList<SoftwareInventory> All() =>
    [
        .. new[] { RegistryView.Registry64, RegistryView.Registry32 }
            .SelectMany(In)
            .Distinct()
            .OrderBy(program => program.Name, StringComparer.Ordinal)
            .ThenBy(program => program.Version, StringComparer.Ordinal),
    ];

    private static List<SoftwareInventory> In(RegistryView view)
    {
        var found = new List<SoftwareInventory>();
        using var machine = RegistryKey.OpenBaseKey(RegistryHive.LocalMachine, view);
        using var programs = machine.OpenSubKey(Uninstall);
        foreach (var name in programs?.GetSubKeyNames() ?? [])
        {
            try
            {
                using var program = programs!.OpenSubKey(name);
                if (program is not null && Read(program) is { } software)
                    found.Add(software);
            }
            catch (Exception error) when (error is SecurityException or IOException or UnauthorizedAccessException)
            {
                // Being removed just now, or locked by its owner.
            }
        }

        return found;
    }

    private static SoftwareInventory? Read(RegistryKey program)
    {
        // Parts and updates of other programs are not programs.
        if (program.GetValue("SystemComponent") is 1 || program.GetValue("ParentKeyName") is not null || Text(program, "DisplayName") is not { } name)
            return null;
        return new SoftwareInventory(name, Text(program, "DisplayVersion"), Text(program, "Publisher"));
    }

    private static string? Text(RegistryKey key, string name) => (key.GetValue(name) as string)?.Trim() is { Length: > 0 } text ? text : null;
}
