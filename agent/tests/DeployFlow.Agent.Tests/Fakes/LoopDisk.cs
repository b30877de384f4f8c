using DeployFlow.Engine.Os.Linux;

namespace DeployFlow.Agent.Tests.Fakes;

/// <summary>A file as a disk of this machine. Needs root.</summary>
internal sealed class LoopDisk : IDisposable
{
    private readonly string _file;

    private LoopDisk(string file, string device) => (_file, Device) = (file, device);

    public static string? Missing =>
        OperatingSystem.IsWindows() || !Environment.IsPrivilegedProcess ? "needs root on Linux"
        : !SystemProgram.Has("sgdisk", "mkntfs", "ntfs-3g", "wimlib-imagex", "losetup", "partx") ? "needs gdisk, ntfs-3g, wimtools and util-linux"
        : !File.Exists("/dev/loop-control") || !File.Exists("/dev/fuse") ? "needs loop devices and FUSE"
        : null;

    public string Device { get; }

    public static LoopDisk Of(long mebibytes)
    {
        var file = Path.Combine(Path.GetTempPath(), $"dfd-{Guid.NewGuid():n}.img");
        using (var stream = File.Create(file))
            stream.SetLength(mebibytes << 20);
        return new LoopDisk(file, SystemProgram.Output("losetup", "-f", "--show", file).Trim());
    }

    public string Partition(int number) => $"{Device}p{number}";

    /// <summary>A file of an NTFS volume, read without mounting it.</summary>
    public byte[] Read(int partition, string path)
    {
        var target = Path.GetTempFileName();
        try
        {
            SystemProgram.Output("sh", "-c", $"ntfscat '{Partition(partition)}' '{path}' > '{target}'");
            return File.ReadAllBytes(target);
        }
        finally
        {
            File.Delete(target);
        }
    }

    /// <summary>Mounts an NTFS volume while <paramref name="look"/> looks at it.</summary>
    public async Task MountedAsync(int partition, Func<string, Task> look)
    {
        var point = Directory.CreateTempSubdirectory("dfm-").FullName;
        SystemProgram.Output("ntfs-3g", "-o", "ro", Partition(partition), point);
        try
        {
            await look(point);
        }
        finally
        {
            SystemProgram.Output("umount", point);
            Directory.Delete(point);
        }
    }

    /// <inheritdoc cref="MountedAsync"/>
    public Task MountedAsync(int partition, Action<string> look) => MountedAsync(partition, point =>
    {
        look(point);
        return Task.CompletedTask;
    });

    public void Dispose()
    {
        SystemProgram.Run("partx", "-d", Device);
        SystemProgram.Run("losetup", "-d", Device);
        File.Delete(_file);
    }
}
