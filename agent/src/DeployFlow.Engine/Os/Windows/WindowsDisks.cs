using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using System.Text;
using DeployFlow.Contracts;
using DeployFlow.Engine.Os.Smbios;

namespace DeployFlow.Engine.Os.Windows;

/// <summary>Physical drives, by asking each one's driver.</summary>
[SupportedOSPlatform("windows")]
internal static unsafe partial class WindowsDisks
{
    private const int MostDrives = 32;
    private const uint GetLength = 0x0007405C;
    private const uint QueryProperty = 0x002D1400;
    private const uint DeviceProperty = 0;
    private const uint SeekPenaltyProperty = 7;

    public static IReadOnlyList<DiskInventory> All()
    {
        var disks = new List<DiskInventory>();
        for (var number = 0; number < MostDrives; number++)
        {
            var drive = Kernel32.CreateFile($@"\\.\PhysicalDrive{number}", Kernel32.GenericRead, Kernel32.FileShareReadWrite, null, Kernel32.OpenExisting, 0, 0);
            if (drive == -1)
                continue;
            try
            {
                if (Size(drive) is > 0 and var size)
                    disks.Add(new DiskInventory($"PhysicalDrive{number}", Model(drive), size, Media(drive)));
            }
            finally
            {
                Kernel32.CloseHandle(drive);
            }
        }

        return disks;
    }

    private static long Size(nint drive)
    {
        long length;
        return Control(drive, GetLength, null, 0, &length, sizeof(long), out _, 0) ? length : 0;
    }

    /// <summary>The product id of a STORAGE_DEVICE_DESCRIPTOR, whose offset stands at 16.</summary>
    private static string? Model(nint drive)
    {
        const int productOffset = 16;
        var answer = new byte[1024];
        if (!Query(drive, DeviceProperty, answer, out var size))
            return null;
        var offset = BitConverter.ToInt32(answer, productOffset);
        if (offset <= 0 || offset >= size)
            return null;
        var text = answer.AsSpan(offset, (int)size - offset);
        var end = text.IndexOf((byte)0);
        return JunkValues.Clean(Encoding.ASCII.GetString(end < 0 ? text : text[..end]));
    }

    /// <summary>DEVICE_SEEK_PENALTY_DESCRIPTOR: version, size, and whether it must seek.</summary>
    private static string? Media(nint drive)
    {
        const int penalty = 8;
        var answer = new byte[12];
        return Query(drive, SeekPenaltyProperty, answer, out var size) && size > penalty ? (answer[penalty] == 0 ? "ssd" : "hdd") : null;
    }

    private static bool Query(nint drive, uint property, byte[] answer, out uint size)
    {
        var query = stackalloc uint[3] { property, 0, 0 };
        fixed (byte* output = answer)
            return Control(drive, QueryProperty, query, 3 * sizeof(uint), output, (uint)answer.Length, out size, 0);
    }

    [LibraryImport("kernel32", EntryPoint = "DeviceIoControl", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool Control(nint device, uint code, void* input, uint inputSize, void* output, uint outputSize, out uint written, nint overlapped);
}
