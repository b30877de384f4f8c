using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using DeployFlow.Contracts;
using DeployFlow.Engine.Os.Smbios;
using Microsoft.Win32;

namespace DeployFlow.Engine.Os.Windows;

/// <summary>This machine as its firmware tables, the registry and Win32 tell. No WMI: it is slow, often broken, and absent in WinPE.</summary>
/// <param name="dmiTable">Where to read SMBIOS tables; null for the firmware's.</param>
[SupportedOSPlatform("windows")]
public sealed class WindowsMachine(string? dmiTable, TimeProvider time) : IMachine
{
    private const string VersionKey = @"HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows NT\CurrentVersion";
    private const string SecureBootKey = @"HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Control\SecureBoot\State";
    private const int FirstBuildOfWindows11 = 22000;

    private readonly WindowsBoot _boot = WindowsBoot.Current(time);

    public string BootId => _boot.Id;

    public MachineFacts Facts()
    {
        var smbios = Smbios();
        return new MachineFacts(
            Environment.MachineName,
            "windows",
            OsName(),
            OsVersion,
            Architecture,
            smbios.Manufacturer,
            smbios.Model,
            smbios.Sku,
            smbios.Serial,
            smbios.Uuid,
            [.. Networks.All().Select(network => network.Mac).OfType<string>().Distinct()]);
    }

    public InventoryReport Inventory(string agentVersion)
    {
        var smbios = Smbios();
        return new InventoryReport(
            Environment.MachineName,
            new OsInventory("windows", OsName(), OsVersion, Build(), Architecture),
            new HardwareInventory(
                smbios.Manufacturer, smbios.Model, smbios.Sku, smbios.Serial, smbios.Uuid,
                WindowsHardware.Processor(), WindowsHardware.MemoryBytes(), WindowsHardware.Firmware(), SecureBoot(), WindowsHardware.Tpm()),
            WindowsDisks.All(),
            Volumes(),
            Networks.All(),
            WindowsSession.ConsoleUser(),
            _boot.Time,
            agentVersion,
            WindowsSoftware.All());
    }

    private static string Architecture => RuntimeInformation.OSArchitecture == System.Runtime.InteropServices.Architecture.Arm64 ? "arm64" : "x64";

    private static string OsVersion => Environment.OSVersion.Version.ToString(3);

    /// <summary>Windows 11 still calls itself 10 in the registry.</summary>
    private static string OsName()
    {
        var name = Registry.GetValue(VersionKey, "ProductName", null) as string ?? "Windows";
        return Environment.OSVersion.Version.Build >= FirstBuildOfWindows11 ? name.Replace("Windows 10", "Windows 11") : name;
    }

    private static string Build()
    {
        var build = Environment.OSVersion.Version.Build;
        return Registry.GetValue(VersionKey, "UBR", null) is int revision ? $"{build}.{revision}" : $"{build}";
    }

    private static bool? SecureBoot() => Registry.GetValue(SecureBootKey, "UEFISecureBootEnabled", null) is int enabled ? enabled == 1 : null;

    private static IReadOnlyList<VolumeInventory> Volumes() =>
    [
        .. DriveInfo.GetDrives()
            .Where(drive => drive is { DriveType: DriveType.Fixed, IsReady: true })
            .Select(drive => new VolumeInventory(
                drive.Name.TrimEnd('\\'), drive.DriveFormat, drive.TotalSize, FreeSpace.Rounded(drive.AvailableFreeSpace))),
    ];

    private SmbiosTables Smbios() =>
        dmiTable is not null ? new SmbiosTables(SystemFile.Bytes(dmiTable) ?? []) : SmbiosTables.FromWindows(WindowsHardware.SmbiosTable());
}
