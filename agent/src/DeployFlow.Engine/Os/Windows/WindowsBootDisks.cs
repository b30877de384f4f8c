using System.Text;
using DeployFlow.Contracts.Boot;
using DeployFlow.Engine.Os.Smbios;

namespace DeployFlow.Engine.Os.Windows;

/// <summary>What a deployment needs to know beyond an inventory: serial number, and whether a disk is removable.</summary>
internal static unsafe partial class WindowsDisks
{
    // Fields of a STORAGE_DEVICE_DESCRIPTOR.
    private const int RemovableAt = 10;
    private const int SerialOffsetAt = 24;
    private const int BusTypeAt = 28;
    private const int UsbBus = 7;

    public static IReadOnlyList<BootDisk> BootDisks() => [.. All().Select(disk =>
    {
        var (serial, removable) = Details(disk.Name);
        return new BootDisk(disk.Name, disk.Model, serial, disk.SizeBytes, disk.Media, removable);
    })];

    private static (string? Serial, bool Removable) Details(string name)
    {
        var drive = Kernel32.CreateFile($@"\\.\{name}", Kernel32.GenericRead, Kernel32.FileShareReadWrite, null, Kernel32.OpenExisting, 0, 0);
        if (drive == -1)
            return (null, false);
        try
        {
            var answer = new byte[1024];
            if (!Query(drive, DeviceProperty, answer, out var size) || size < BusTypeAt + 4)
                return (null, false);
            var offset = BitConverter.ToInt32(answer, SerialOffsetAt);
            string? serial = null;
            if (offset > 0 && offset < size)
            {
                var text = answer.AsSpan(offset, (int)size - offset);
                var end = text.IndexOf((byte)0);
                serial = JunkValues.Clean(Encoding.ASCII.GetString(end < 0 ? text : text[..end]));
            }

            return (serial, answer[RemovableAt] != 0 || BitConverter.ToInt32(answer, BusTypeAt) == UsbBus);
        }
        finally
        {
            Kernel32.CloseHandle(drive);
        }
    }
}

/// <summary>The machine's own disks.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("windows")]
public static class WindowsBootDisks
{
    public static IReadOnlyList<BootDisk> OfMachine() => WindowsDisks.BootDisks();
}
