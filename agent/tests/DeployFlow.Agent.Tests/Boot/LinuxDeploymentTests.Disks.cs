using System.Text;
using DeployFlow.Agent.Tests.Fakes;
using DeployFlow.Contracts.Boot;

namespace DeployFlow.Agent.Tests.Boot;

/// <summary>Which disks are written to, and which are left alone.</summary>
public sealed partial class LinuxDeploymentTests
{
    private static PartitionOrder[] KeptLayout =>
        [new PartitionOrder("esp", 100), new PartitionOrder("msr", 16), new PartitionOrder("windows", 600, "Windows"), new PartitionOrder("data", null, "Data")];

    [Fact]
    public void Keeping_the_data_leaves_that_partition_alone_and_makes_it_the_first_time()
    {
        Assert.SkipUnless(LoopDisk.Missing is null, LoopDisk.Missing ?? "");
        using var disk = LoopDisk.Of(1500);
        var image = _server.Add(SyntheticWindows.Image(SyntheticWindows.Tree(Path.Combine(_folder, "tree"), fillerFiles: 5)));
        var prep = Plans.DiskPrep("keep_data", 1, KeptLayout);
        _server.Plan = Plans.Of(prep, Plans.Apply(image));
        Assert.Equal(0, Deploy(disk).ExitCode);
        var point = Directory.CreateDirectory(Path.Combine(_folder, "data")).FullName;
        SystemProgram.Output("ntfs-3g", disk.Partition(4), point);
        File.WriteAllText(Path.Combine(point, "thesis.txt"), "three years of work");
        SystemProgram.Output("umount", point);

        var again = Plans.Of(prep, Plans.Apply(image));
        _server.Plan = again;
        Assert.Equal(0, Deploy(disk).ExitCode);
        Assert.Equal("three years of work", Encoding.UTF8.GetString(disk.Read(4, "/thesis.txt")));
        var table = GptTableOf(disk);
        Assert.Equal(again.DiskIds.Disk, table.Disk);
        Assert.Equal([again.DiskIds.Esp, again.DiskIds.Msr, again.DiskIds.Windows, again.DiskIds.Data], table.Partitions.Select(partition => partition.Id));
    }

    [Fact]
    public async Task Keeping_the_data_leaves_a_disk_alone_that_nobody_of_us_has_laid_out_and_finds_the_right_one()
    {
        Assert.SkipUnless(LoopDisk.Missing is null, LoopDisk.Missing ?? "");
        using var foreign = LoopDisk.Of(1500);
        using var ours = LoopDisk.Of(1300);
        // As Windows' own setup leaves one, with data of somebody.
        SystemProgram.Output("sgdisk", "-n1:0:+100M", "-t1:EF00", "-n2:0:+16M", "-t2:0C01", "-n3:0:+600M", "-t3:0700", "-n4:0:0", "-t4:0700", "-c4:Basic data partition", foreign.Device);
        SystemProgram.Run("partx", "-u", foreign.Device);
        SystemProgram.Output("mkntfs", "--quick", "--label", "Data", foreign.Partition(4));
        var before = SystemProgram.Output("sha256sum", foreign.Device);
        var image = _server.Add(SyntheticWindows.Image(SyntheticWindows.Tree(Path.Combine(_folder, "tree"), fillerFiles: 5)));
        var prep = Plans.DiskPrep("keep_data", 1, KeptLayout);
        Assert.Equal(StepErrorCode.DiskNotEmpty, await FailureOfAsync(foreign, Plans.Of(prep, Plans.Apply(image))));
        Assert.Equal(before, SystemProgram.Output("sha256sum", foreign.Device));

        _server.Plan = Plans.Of(prep, Plans.Apply(image));
        Assert.Equal(0, Deploy(ours).ExitCode);
        // Behind the foreign one, which is the first and the largest.
        var again = Plans.Of(prep, Plans.Apply(image));
        _server.Plan = again;
        var (exitCode, output, errors) = Deploy($"{foreign.Device},{ours.Device}");
        Assert.True(exitCode == 0, output + errors);
        Assert.Equal(again.DiskIds.Disk, GptTableOf(ours).Disk);
        Assert.Equal(before, SystemProgram.Output("sha256sum", foreign.Device));
    }

    [Fact]
    public void Keeping_the_data_knows_a_disk_by_its_ids_alone_and_formats_data_that_never_had_a_file_system()
    {
        Assert.SkipUnless(LoopDisk.Missing is null, LoopDisk.Missing ?? "");
        using var disk = LoopDisk.Of(1300);
        var image = _server.Add(SyntheticWindows.Image(SyntheticWindows.Tree(Path.Combine(_folder, "tree"), fillerFiles: 5)));
        var plan = Plans.Of(Plans.DiskPrep("keep_data", 1, KeptLayout), Plans.Apply(image));
        _server.Plan = plan;
        Assert.Equal(0, Deploy(disk).ExitCode);
        // As diskpart lays it out: only the disk's own id is ours. And cut short before the data partition was formatted.
        SystemProgram.Output("sgdisk", "-c1:EFI", "-c2:MSR", "-c3:Basic", "-c4:Basic", "-u1:R", "-u2:R", "-u3:R", "-u4:R", disk.Device);
        SystemProgram.Output("dd", "if=/dev/zero", $"of={disk.Partition(4)}", "bs=1M", "count=1", "conv=fsync");
        Assert.Equal(0, Deploy(disk).ExitCode);
        Assert.Equal([plan.DiskIds.Esp, plan.DiskIds.Msr, plan.DiskIds.Windows, plan.DiskIds.Data], GptTableOf(disk).Partitions.Select(partition => partition.Id));
        Assert.Contains("NTFS", SystemProgram.Output("dd", $"if={disk.Partition(4)}", "bs=16", "count=1", "status=none"));
    }

    [Fact]
    public async Task A_disk_of_an_earlier_deployment_is_not_written_to_where_its_preparation_was_left_out()
    {
        Assert.SkipUnless(LoopDisk.Missing is null, LoopDisk.Missing ?? "");
        using var disk = LoopDisk.Of(1200);
        var image = _server.Add(SyntheticWindows.Image(SyntheticWindows.Tree(Path.Combine(_folder, "tree"), fillerFiles: 5)));
        var first = Plans.Of(Plans.DiskPrep(), Plans.Apply(image));
        _server.Plan = first;
        Assert.Equal(0, Deploy(disk).ExitCode);
        var before = SystemProgram.Output("sha256sum", disk.Device);
        // The server gives a device the same ids each time.
        var second = Plans.Of(Plans.DiskPrep() with { Condition = new PlanCondition("site", "eq", "nowhere") }, Plans.Apply(image)) with { DiskIds = first.DiskIds };
        Assert.Equal(StepErrorCode.NoDisk, await FailureOfAsync(disk, second));
        Assert.Equal(before, SystemProgram.Output("sha256sum", disk.Device));
    }

    [Fact]
    public async Task A_disk_that_is_too_small_or_in_use_is_left_alone()
    {
        Assert.SkipUnless(LoopDisk.Missing is null, LoopDisk.Missing ?? "");
        using var disk = LoopDisk.Of(600);
        Assert.Equal(StepErrorCode.DiskTooSmall, await FailureOfAsync(disk, Plans.Of(Plans.DiskPrep(minGb: 20))));
        Assert.Equal(
            StepErrorCode.DiskTooSmall, await FailureOfAsync(disk, Plans.Of(Plans.DiskPrep("custom", 0.1, new PartitionOrder("esp", 100), new PartitionOrder("windows", 900)))));
        _server.Plan = Plans.Of(Plans.DiskPrep(minGb: 0.1));
        Assert.Equal(0, Deploy(disk).ExitCode);
        await disk.MountedAsync(3, async _ => Assert.Equal(StepErrorCode.DiskInUse, await FailureOfAsync(disk, Plans.Of(Plans.DiskPrep(minGb: 0.1)))));
    }
}
