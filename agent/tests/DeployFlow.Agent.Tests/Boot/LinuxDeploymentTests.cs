using System.Security.Cryptography;
using DeployFlow.Agent.Tests.Fakes;
using DeployFlow.Contracts.Boot;
using DeployFlow.Engine.Os.Linux;
using DeployFlow.Engine.Os.Offline;
using DeployFlow.Engine.Steps;

namespace DeployFlow.Agent.Tests.Boot;

/// <summary>The real program deploys a disk that is a file, by the real tools.</summary>
public sealed partial class LinuxDeploymentTests : IDisposable
{
    private readonly FakeBootServer _server = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("dfl-").FullName;

    public void Dispose()
    {
        _server.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_disk_is_deployed_as_the_plan_says()
    {
        Assert.SkipUnless(LoopDisk.Missing is null, LoopDisk.Missing ?? "");
        using var disk = LoopDisk.Of(2048);
        var tree = SyntheticWindows.Tree(Path.Combine(_folder, "tree"));
        var plan = FullPlan(_server.Add(SyntheticWindows.Image(tree)));
        _server.Plan = plan;
        // In the middle of the image the connection breaks, twice.
        _server.Withheld = (asked, length) => asked <= 2 && length > 1_000_000 ? length / 2 : 0;

        var (exitCode, output, errors) = Deploy(disk);
        Assert.True(exitCode == 0, output + errors);

        Assert.All(_server.Reports.OfType<StepFinishedReport>(), step => Assert.True(step.Outcome != StepOutcome.Failed, $"{step}"));
        Assert.Equal(StepOutcome.Succeeded, _server.Reports.OfType<PhaseFinishedReport>().Single().Outcome);
        Assert.Equal(Enumerable.Range(0, _server.Reports.Count), _server.Reports.Select(report => report.Seq));
        Assert.Contains(_server.Calls, call => call.Contains("bytes=", StringComparison.Ordinal));
        AssertTable(disk, plan.DiskIds);
        await AssertVolumeAsync(disk, tree);
        AssertBoot(disk, plan.DiskIds);
        AssertNoSecretIsReadable(disk);
    }

    [Fact]
    public async Task An_image_that_is_cut_or_changed_or_too_large_fails_with_its_own_code()
    {
        Assert.SkipUnless(LoopDisk.Missing is null, LoopDisk.Missing ?? "");
        using var disk = LoopDisk.Of(1200);
        var image = SyntheticWindows.Image(SyntheticWindows.Tree(Path.Combine(_folder, "tree")));

        var cut = image[..(image.Length / 2)];
        Assert.Equal(StepErrorCode.ImageDamaged, await FailureOfAsync(disk, Plans.Of(Plans.DiskPrep(), Plans.Apply(_server.Add(cut)))));

        var content = _server.Add(image);
        byte[] changed = [.. image];
        changed[^20]++;
        _server.Replace(content, changed);
        Assert.Contains(await FailureOfAsync(disk, Plans.Of(Plans.DiskPrep(), Plans.Apply(content))), new[] { StepErrorCode.HashMismatch, StepErrorCode.ImageDamaged });

        _server.Replace(content, image);
        Assert.Equal(StepErrorCode.ApplyFailed, await FailureOfAsync(disk, Plans.Of(Plans.DiskPrep(), Plans.Apply(content, index: 9))));

        var notPipable = _server.Add(SyntheticWindows.Image(Path.Combine(_folder, "tree"), pipable: false));
        Assert.Equal(StepErrorCode.ApplyFailed, await FailureOfAsync(disk, Plans.Of(Plans.DiskPrep(), Plans.Apply(notPipable))));

        var small = Plans.DiskPrep("custom", 1, new PartitionOrder("esp", 100), new PartitionOrder("windows", 8, "Windows"));
        Assert.Contains(await FailureOfAsync(disk, Plans.Of(small, Plans.Apply(content))), new[] { StepErrorCode.OutOfSpace, StepErrorCode.ApplyFailed });

        Directory.Delete(Path.Combine(_folder, "tree/Windows/Boot"), recursive: true);
        var noBoot = _server.Add(SyntheticWindows.Image(Path.Combine(_folder, "tree")));
        Assert.Equal(StepErrorCode.BootFilesMissing, await FailureOfAsync(disk, Plans.Of(Plans.DiskPrep(), Plans.Apply(noBoot))));
    }

    [Fact]
    public async Task A_staged_image_is_applied_too_and_a_resumed_run_does_not_partition_again()
    {
        Assert.SkipUnless(LoopDisk.Missing is null, LoopDisk.Missing ?? "");
        using var disk = LoopDisk.Of(1200);
        var image = SyntheticWindows.Image(SyntheticWindows.Tree(Path.Combine(_folder, "tree"), fillerFiles: 5), pipable: false);
        var plan = Plans.Of(Plans.DiskPrep(), Plans.Apply(_server.Add(image), pipable: false));
        _server.Plan = plan;
        Assert.Equal(0, Deploy(disk).ExitCode);
        await disk.MountedAsync(3, root => Assert.True(File.Exists(Path.Combine(root, "Windows/System32/ntoskrnl.exe"))));

        _server.Plan = plan with { ResumeAt = 1 };
        var before = _server.Reports.Count;
        Assert.Equal(0, Deploy(disk).ExitCode);
        Assert.DoesNotContain(_server.Reports.Skip(before).OfType<StepStartedReport>(), step => step.Position == 0);
        AssertTable(disk, plan.DiskIds);
    }

    private DeploymentPlan FullPlan(PlanContent image)
    {
        _server.Secrets["admin_password"] = "canary-administrator";
        _server.Secrets["enrollment_token"] = "dfe_canary-token";
        _server.Secrets["parameter:Password"] = "canary-parameter";
        var drivers = _server.Add(SyntheticWindows.Zip(("net/e1d.inf", "[Version]\r\nSignature=\"$WINDOWS NT$\"\r\n"), ("net/e1d.sys", "binary"), ("gfx/broken.inf", "nothing")));
        var agent = _server.Add(SyntheticWindows.Zip(("deployflow-agent.exe", "MZ"), ("e_sqlite3.dll", "MZ")));
        var unattend = new UnattendModel(Locale: "de-DE", ComputerName: "BER-0042", Administrator: new SecretReference("admin_password"), SkipOobe: true);
        return Plans.Of(
            Plans.DiskPrep(),
            Plans.Apply(image),
            Plans.Task(TaskType.InjectDrivers, new InjectDriversConfiguration([new PlanDriverPack("pack-1", "ThinkPad", drivers, ["net/e1d.inf", "gfx/broken.inf", "gone.inf"])]), BootJson.Default.InjectDriversConfiguration),
            Plans.Task(
                TaskType.InjectConfiguration,
                new InjectConfigurationConfiguration(
                    unattend,
                    [new PlanFile(@"windows\Web\größe.txt", null, "Grüße\r\n"), new PlanFile(@"ProgramData\logo.bin", _server.Add([1, 2, 3]))],
                    [new RegistryOrder("software", @"Contoso\Setup", "Site", "sz", "BER"), new RegistryOrder("system", @"CurrentControlSet\Control\Odd", "Flags", "dword", "4294967295"), new RegistryOrder("default_user", @"Control Panel\Desktop", "Marks", "multi_sz", "one\ntwo")],
                    ["echo ready > C:\\ready.txt"], ["admin_password"]),
                BootJson.Default.InjectConfigurationConfiguration),
            Plans.Task(TaskType.InstallAgent, new InstallAgentConfiguration(agent, ["enrollment_token"]), BootJson.Default.InstallAgentConfiguration),
            Plans.Script("echo \"tag $DF_TAG at $DF_VAR_SITE on $DF_VAR_DISK with $DF_PASSWORD\"", secrets: "parameter:Password"),
            Plans.Script("echo first\r\n", "first_boot", "cmd"),
            Plans.Task(TaskType.SetVariable, new SetVariableConfiguration("where", "{disk} in {site}"), BootJson.Default.SetVariableConfiguration),
            Plans.Script("exit 1") with { Condition = new PlanCondition("where", "eq", "elsewhere") },
            Plans.Task(TaskType.Reboot, new RebootConfiguration("os"), BootJson.Default.RebootConfiguration),
            Plans.Script("echo later", "os", "cmd"));
    }

    private async Task<string> FailureOfAsync(LoopDisk disk, DeploymentPlan plan)
    {
        _server.Plan = plan;
        var before = _server.Reports.Count;
        // The run after a failure waits for a person; nobody comes.
        var sessions = _server.Sessions.Count;
        _server.Armed = session => session.Number == sessions;
        using var agent = Start(disk.Device);
        await _server.UntilAsync(
            () => _server.Reports.Skip(before).Any(report => report is PhaseFinishedReport) && _server.Sessions.Count == sessions + 2,
            "a failure, and the next session");
        _server.Armed = _ => true;
        var end = _server.Reports.Skip(before).OfType<PhaseFinishedReport>().Single();
        Assert.Contains(_server.Reports.Skip(before), report => report is RescueLogReport);
        Assert.NotNull(end.Error);
        Assert.InRange(end.Error.Message.Length, 20, 500);
        return end.Error.Code;
    }

    private (int ExitCode, string Output, string Errors) Deploy(LoopDisk disk) => Deploy(disk.Device);

    private (int ExitCode, string Output, string Errors) Deploy(string disks)
    {
        // A second session would be one after a failure.
        var sessions = _server.Sessions.Count;
        _server.Armed = session => session.Number == sessions;
        using var agent = Start(disks);
        return agent.End(() => _server.Sessions.Count > sessions + 1);
    }

    private DeployProcess Start(string disks) => DeployProcess.Start(_server, Path.Combine(_folder, "work"), "--only-disk", disks);

    private static Engine.Os.GptTable GptTableOf(LoopDisk disk) => Engine.Os.GptTable.Read(disk.Device, 512)!;

    private static void AssertTable(LoopDisk disk, DiskIds ids)
    {
        var table = GptTableOf(disk);
        Assert.Equal(ids.Disk, table.Disk);
        Assert.Equal([ids.Esp, ids.Msr, ids.Windows, ids.Recovery], table.Partitions.Select(partition => partition.Id));
        Assert.Contains("No problems found", SystemProgram.Output("sgdisk", "-v", disk.Device));
        Assert.Contains("8000000000000001", SystemProgram.Output("sgdisk", "-i4", disk.Device));
    }

    private static Task AssertVolumeAsync(LoopDisk disk, string tree) => disk.MountedAsync(3, root =>
    {
        // What a plan may change is looked at below.
        string[] changed = ["Windows/System32/config/SYSTEM", "Windows/System32/config/SOFTWARE", "Users/Default/NTUSER.DAT"];
        foreach (var file in Directory.EnumerateFiles(tree, "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(tree, file)).Except(changed))
            Assert.Equal(SHA256.HashData(File.ReadAllBytes(Path.Combine(tree, file))), SHA256.HashData(File.ReadAllBytes(Path.Combine(root, file))));
        Assert.Equal("Grüße\r\n", File.ReadAllText(Path.Combine(root, "Windows/Web/größe.txt")));
        Assert.Equal([1, 2, 3], File.ReadAllBytes(Path.Combine(root, "ProgramData/logo.bin")));
        Assert.Contains("<ComputerName>BER-0042<", File.ReadAllText(Path.Combine(root, "Windows/Panther/unattend.xml")));
        Assert.Equal("MZ", File.ReadAllText(Path.Combine(root, "Program Files/DeployFlow/Agent/deployflow-agent.exe")));
        Assert.Equal("dfe_canary-token", File.ReadAllText(Path.Combine(root, "ProgramData/DeployFlow/Agent", FirstBootFile.Token)));
        Assert.Equal("http://127.0.0.1:8480", FirstBootFile.Read(Path.Combine(root, "ProgramData/DeployFlow/Agent", FirstBootFile.Name)).Server);
        Assert.False(Directory.Exists(Path.Combine(root, "Windows/DeployFlow/Downloads")));
        Assert.Contains("first-boot.cmd", File.ReadAllText(Path.Combine(root, "Windows/Setup/Scripts/SetupComplete.cmd")));
        Assert.Equal(
            ["first-boot.cmd", "step-000-drivers.cmd", "step-003-000.cmd", "step-006-000-body.bat", "step-006-000.cmd"],
            Directory.EnumerateFiles(Path.Combine(root, "Windows/DeployFlow/FirstBoot")).Select(Path.GetFileName).Order());
        Hive Open(string path) => Hive.Open(File.ReadAllBytes(Path.Combine(root, path)), DateTimeOffset.UnixEpoch);
        var system = Open("Windows/System32/config/SYSTEM").Root;
        var service = system.Find("ControlSet001")!.Find("Services")!.Find("DeployFlowAgent")!;
        Assert.Equal(RegistryData.Dword(2), service.Value("Start")!.Data);
        Assert.Equal("\"%ProgramFiles%\\DeployFlow\\Agent\\deployflow-agent.exe\" run", RegistryData.ToText(service.Value("ImagePath")!.Data));
        Assert.Equal(RegistryData.Dword(uint.MaxValue), system.Find("ControlSet001")!.Find("Control")!.Find("Odd")!.Value("Flags")!.Data);
        var software = Open("Windows/System32/config/SOFTWARE").Root;
        Assert.Equal("BER", RegistryData.ToText(software.Find("Contoso")!.Find("Setup")!.Value("Site")!.Data));
        Assert.Equal(
            @"%SystemRoot%\inf;%SystemDrive%\Windows\DeployFlow\Drivers\pack-1\net",
            RegistryData.ToText(software.Find("Microsoft")!.Find("Windows")!.Find("CurrentVersion")!.Value("DevicePath")!.Data));
        Assert.Equal(RegistryKind.MultiText, Open("Users/Default/NTUSER.DAT").Root.Find("Control Panel")!.Find("Desktop")!.Value("Marks")!.Kind);
        // Owner, system and administrators: nobody else is named in the token's descriptor.
        var access = SystemProgram.Output("getfattr", "--only-values", "--absolute-names", "-n", "system.ntfs_acl", Path.Combine(root, "ProgramData/DeployFlow/Agent", FirstBootFile.Token));
        Assert.NotEmpty(access);
    });

    private static void AssertBoot(LoopDisk disk, DiskIds ids)
    {
        var esp = disk.Partition(1);
        SystemProgram.Output("fsck.vfat", "-n", esp);
        var listed = SystemProgram.Output("mdir", "-i", esp, "-/", "-b", "::/");
        foreach (var file in new[] { "EFI/Boot/bootx64.efi", "EFI/Microsoft/Boot/bootmgfw.efi", "EFI/Microsoft/Boot/BCD", "EFI/Microsoft/Boot/de-DE/bootmgfw.efi.mui", "EFI/Microsoft/Boot/Fonts/segoe_slboot.ttf" })
            Assert.Contains($"::/{file}", listed);
        Assert.Equal(SyntheticWindows.BootManager, SystemProgram.Output("mtype", "-i", esp, "::/EFI/Boot/bootx64.efi"));
        var store = Path.GetTempFileName();
        SystemProgram.Output("mcopy", "-n", "-D", "o", "-i", esp, "::/EFI/Microsoft/Boot/BCD", store);
        var bytes = File.ReadAllBytes(store);
        File.Delete(store);
        Assert.True(bytes.AsSpan().IndexOf(ids.Windows.ToByteArray()) > 0 && bytes.AsSpan().IndexOf(ids.Disk.ToByteArray()) > 0);
        if (Hivex.IsThere)
            Hivex.AssertSame(bytes);
    }

    /// <summary>The token is meant to be there; nothing else that was secret is.</summary>
    private void AssertNoSecretIsReadable(LoopDisk disk)
    {
        Assert.Contains(_server.Reports.OfType<StepLogReport>(), log => log.Text.Contains($"tag A-17 at BER on {disk.Device} with ••••••", StringComparison.Ordinal));
        Assert.DoesNotContain(_server.Reports.OfType<StepLogReport>(), log => log.Text.Contains("canary", StringComparison.Ordinal));
        Assert.Equal(1, SystemProgram.Run("grep", "-a", "-q", "-F", "canary-parameter", disk.Device).ExitCode);
        Assert.Equal(1, SystemProgram.Run("grep", "-a", "-q", "-F", "canary-administrator", disk.Device).ExitCode);
        Assert.Equal(0, SystemProgram.Run("grep", "-a", "-q", "-F", "dfe_canary-token", disk.Device).ExitCode);
    }
}
