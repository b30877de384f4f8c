using DeployFlow.Agent.Inventory;
using DeployFlow.Contracts;
using DeployFlow.Engine.Os;
using DeployFlow.Engine.Os.Linux;
using DeployFlow.Engine.Os.Windows;

namespace DeployFlow.Agent.Tests;

public sealed class InventoryTests
{
    private static readonly IMachine Machine =
        OperatingSystem.IsWindows() ? new WindowsMachine(null, TimeProvider.System) : new LinuxMachine(null, TimeProvider.System);

    [Fact]
    public void This_machine_is_described()
    {
        var inventory = Machine.Inventory("0.1.0");
        Assert.NotEmpty(inventory.Hostname);
        Assert.Contains(inventory.Os.Family, new[] { "windows", "linux" });
        Assert.NotEmpty(inventory.Os.Name);
        Assert.InRange(inventory.Hardware.MemoryBytes, 1L << 28, 1L << 45);
        Assert.InRange(inventory.Hardware.Cpu.Cores, 1, inventory.Hardware.Cpu.LogicalProcessors);
        Assert.NotEmpty(inventory.Volumes);
        if (Directory.Exists("/sys/block/vda") || Directory.Exists("/sys/block/sda") || Directory.Exists("/sys/block/nvme0n1"))
            Assert.NotEmpty(inventory.Disks);
        Assert.All(inventory.Volumes, volume => Assert.Equal(0, volume.FreeBytes % (1L << 30)));
        Assert.All(inventory.Networks, network => Assert.Matches("^([0-9a-f]{2}:){5}[0-9a-f]{2}$", network.Mac!));
        Assert.InRange(inventory.BootTime, DateTimeOffset.UtcNow.AddYears(-5), DateTimeOffset.UtcNow.AddMinutes(1));
    }

    /// <summary>Of a virtio disk too, which has no model, and whose files in sysfs are shorter than they say.</summary>
    [Fact]
    public void Each_disk_has_the_size_that_the_kernel_says()
    {
        if (OperatingSystem.IsWindows())
            return;
        var expected = Directory.EnumerateDirectories("/sys/block")
            .Where(path => Path.GetFileName(path) is ['v' or 's', 'd', ..] or ['n', 'v', 'm', 'e', ..])
            .ToDictionary(path => Path.GetFileName(path)!, path => 512 * long.Parse(File.ReadAllText($"{path}/size")))
            .Where(disk => disk.Value > 0);
        Assert.Equal(expected.OrderBy(disk => disk.Key), Machine.Inventory("0.1.0").Disks.Select(disk => KeyValuePair.Create(disk.Name, disk.SizeBytes)));
        Assert.NotNull(SystemFile.Text("/sys/class/net/lo/mtu"));
    }

    [Fact]
    public void The_hash_stays_while_nothing_changes() =>
        Assert.Equal(InventoryLoop.Hashed(Machine.Inventory("0.1.0")).Hash, InventoryLoop.Hashed(Machine.Inventory("0.1.0")).Hash);

    [Fact]
    public void Installed_packages_are_read_from_the_status_file() => Assert.Equal(
        [new SoftwareInventory("bash", "5.2-3", "A <a@b>")],
        LinuxSoftware.Dpkg(["Package: bash", "Status: install ok installed", "Maintainer: A <a@b>", "Version: 5.2-3", "", "Package: gone", "Status: deinstall ok config-files", ""]));
}
