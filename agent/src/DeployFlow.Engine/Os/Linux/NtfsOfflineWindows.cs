using System.Runtime.InteropServices;
using DeployFlow.Contracts.Boot;
using DeployFlow.Engine.Os.Offline;
using DeployFlow.Engine.Steps;

namespace DeployFlow.Engine.Os.Linux;

/// <summary>A Windows volume mounted by ntfs-3g.</summary>
/// <param name="mounts">Folder for mount points.</param>
public sealed class NtfsOfflineWindows(Tools tools, string mounts, TimeProvider time) : IOfflineWindows
{
    private const string DevicePathKey = @"Microsoft\Windows\CurrentVersion";
    private const string DevicePath = "DevicePath";
    private static readonly string[] ControllerClasses = ["4d36e97b-e325-11ce-bfc1-08002be10318", "4d36e96a-e325-11ce-bfc1-08002be10318"];

    public async Task<IOfflineVolume> OpenAsync(string volume, IStepLog log, CancellationToken cancellationToken)
    {
        var point = Path.Combine(mounts, $"windows-{Guid.NewGuid():n}");
        Directory.CreateDirectory(point);
        var end = await tools.RunAsync("ntfs-3g", ["-o", "big_writes,noatime", volume, point], log, cancellationToken);
        if (end.ExitCode == 0)
            return new Mounted(volume, point, time);
        Directory.Delete(point);
        throw new StepFailedException(StepErrorCode.ApplyFailed, $"The Windows volume {volume} cannot be opened: {end.LastLine} (ntfs-3g {end.ExitCode}) Begin again at the step that applies the image.");
    }

    /// <summary>
    /// Windows looks for drivers in the folders of DevicePath when it finds its devices for the first time, and pnputil
    /// takes all of them into its store at the first start. What a machine needs to reach its own disk must be in the
    /// image: only Windows itself can add that offline.
    /// </summary>
    public Task<int> AddDriversAsync(IOfflineVolume windows, string folder, IReadOnlyList<string> infs, IStepLog log, CancellationToken cancellationToken)
    {
        var folders = new SortedSet<string>(StringComparer.OrdinalIgnoreCase);
        var taken = 0;
        foreach (var inf in infs)
        {
            var file = OfflinePath.In(folder, inf);
            if (!File.Exists(file) || !Text(file).Contains("[version]", StringComparison.OrdinalIgnoreCase))
            {
                log.Errors($"{inf}: {(File.Exists(file) ? "has no [Version] section" : "is not in the pack")}; it is left out.\n");
                continue;
            }

            taken++;
            if (IsForDiskController(file))
                log.Engine($"{inf} is for a disk controller. Windows takes it in at its first start: an image that cannot reach its disk without it must hold it already, or be deployed in WinPE, which adds it offline.");
            folders.Add(Path.GetRelativePath(windows.Root, Path.GetDirectoryName(file)!).Replace('/', '\\'));
        }

        if (taken == 0)
            return Task.FromResult(0);
        OfflineRegistry.Change(windows.Root, WindowsFolders.SoftwareHive, time.GetUtcNow(), software =>
        {
            var key = software.Root.Ensure(DevicePathKey);
            var known = key.Value(DevicePath) is { } value ? RegistryData.ToText(value.Data) : @"%SystemRoot%\inf";
            var all = known.Split(';', StringSplitOptions.RemoveEmptyEntries).Union(folders.Select(path => $@"%SystemDrive%\{path}"), StringComparer.OrdinalIgnoreCase);
            key.Set(DevicePath, RegistryKind.ExpandText, RegistryData.Text(string.Join(';', all)));
        });
        FirstBootScripts.AddDrivers(windows.Root);
        return Task.FromResult(taken);
    }

    /// <summary>By its class: storage controllers, and IDE and AHCI controllers.</summary>
    private static bool IsForDiskController(string file) => ControllerClasses.Any(id => Text(file).Contains(id, StringComparison.OrdinalIgnoreCase));

    private static string Text(string file)
    {
        var bytes = File.ReadAllBytes(file);
        return bytes.AsSpan().StartsWith(new byte[] { 0xFF, 0xFE }) ? System.Text.Encoding.Unicode.GetString(bytes) : System.Text.Encoding.Latin1.GetString(bytes);
    }

    private sealed class Mounted(string volume, string point, TimeProvider time) : IOfflineVolume
    {
        private const int Busy = 16;
        private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(200);

        public string Root => point;

        public void Restrict(string path)
        {
            var descriptor = Directory.Exists(path) ? SecurityDescriptors.SystemAndAdministratorsFolder : SecurityDescriptors.SystemAndAdministratorsFile;
            if (Libc.SetExtendedAttribute(path, "system.ntfs_acl", descriptor, (nuint)descriptor.Length, 0) != 0)
            {
                throw new StepFailedException(
                    StepErrorCode.ApplyFailed, $"The access rights of {Path.GetFileName(path)} cannot be set: {Marshal.GetLastPInvokeErrorMessage()}");
            }
        }

        public async ValueTask DisposeAsync()
        {
            // A reader may hold the mount for a moment.
            for (var tries = 0; Libc.Unmount(point, 0) != 0; tries++)
            {
                var error = Marshal.GetLastPInvokeError();
                if (error != Busy || tries == 50)
                    throw new IOException($"{volume} cannot be closed: {Marshal.GetPInvokeErrorMessage(error)}");
                await Task.Delay(Pace, time, CancellationToken.None);
            }

            Directory.Delete(point);
        }
    }
}
