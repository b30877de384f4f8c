using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using DeployFlow.Contracts;
using DeployFlow.Engine.Os.Smbios;
using Microsoft.Win32;

namespace DeployFlow.Engine.Os.Windows;

[SupportedOSPlatform("windows")]
internal static unsafe partial class WindowsHardware
{
    private const string ProcessorKey = @"HKEY_LOCAL_MACHINE\HARDWARE\DESCRIPTION\System\CentralProcessor\0";
    private const uint SmbiosProvider = 0x52534D42; // "RSMB"
    private const int RelationProcessorCore = 0;

    public static byte[] SmbiosTable()
    {
        var size = Kernel32.GetFirmwareTable(SmbiosProvider, 0, null, 0);
        var table = new byte[size];
        fixed (byte* pointer = table)
            return Kernel32.GetFirmwareTable(SmbiosProvider, 0, pointer, size) == size ? table : [];
    }

    public static CpuInventory Processor() => new(
        JunkValues.Clean(Registry.GetValue(ProcessorKey, "ProcessorNameString", null) as string), Cores(), Environment.ProcessorCount);

    public static long MemoryBytes()
    {
        var status = new MemoryStatus { Length = sizeof(MemoryStatus) };
        return GlobalMemoryStatus(&status) ? (long)status.TotalPhysical : 0;
    }

    /// <summary>Windows 8 and later tell; what is older is not supported.</summary>
    public static string? Firmware() => Kernel32.GetFirmwareType(out var type) ? type switch { 1 => "bios", 2 => "uefi", _ => null } : null;

    public static TpmInventory Tpm()
    {
        try
        {
            var info = new TpmDeviceInfo { StructVersion = 1 };
            return GetTpmInfo((uint)sizeof(TpmDeviceInfo), &info) == 0
                ? new TpmInventory(true, info.TpmVersion switch { 1 => "1.2", 2 => "2.0", _ => null })
                : new TpmInventory(false, null);
        }
        catch (Exception error) when (error is DllNotFoundException or EntryPointNotFoundException)
        {
            return new TpmInventory(false, null);
        }
    }

    private static int Cores()
    {
        uint size = 0;
        GetLogicalProcessorInformation(null, &size);
        var entries = new ProcessorInformation[(int)(size / sizeof(ProcessorInformation)) + 1];
        size = (uint)(entries.Length * sizeof(ProcessorInformation));
        fixed (ProcessorInformation* pointer = entries)
        {
            if (!GetLogicalProcessorInformation(pointer, &size))
                return Environment.ProcessorCount;
        }

        var cores = entries.Take((int)(size / sizeof(ProcessorInformation))).Count(entry => entry.Relationship == RelationProcessorCore);
        return Math.Max(cores, 1);
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct MemoryStatus
    {
        public int Length, Load;
        public ulong TotalPhysical, AvailablePhysical, TotalPage, AvailablePage, TotalVirtual, AvailableVirtual, AvailableExtended;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct ProcessorInformation
    {
        public nuint Mask;
        public int Relationship;
        public fixed ulong Details[2];
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct TpmDeviceInfo
    {
        public uint StructVersion, TpmVersion, InterfaceType, Revision;
    }

    [LibraryImport("kernel32", EntryPoint = "GlobalMemoryStatusEx")]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool GlobalMemoryStatus(MemoryStatus* status);

    [LibraryImport("kernel32", EntryPoint = "GetLogicalProcessorInformation")]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool GetLogicalProcessorInformation(ProcessorInformation* entries, uint* size);

    [LibraryImport("tbs", EntryPoint = "Tbsi_GetDeviceInfo")]
    private static partial uint GetTpmInfo(uint size, TpmDeviceInfo* info);
}
