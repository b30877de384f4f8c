using System.Runtime.Versioning;
using DeployFlow.Agent.Enrollment;
using DeployFlow.Contracts.Boot;
using DeployFlow.Engine.Os;
using DeployFlow.Engine.Os.Linux;
using DeployFlow.Engine.Scripts;

namespace DeployFlow.Agent.Deploy;

/// <summary>The Linux boot environment: sgdisk, mkntfs, wimlib and ntfs-3g.</summary>
internal static class LinuxBoot
{
    [UnsupportedOSPlatform("windows")]
    public static BootPlatform Platform(DeployOptions options)
    {
        var time = TimeProvider.System;
        var data = new DataDirectory(options.WorkDirectory, new LinuxPrivateFiles());
        data.Ensure();
        var programs = new LinuxProgramFiles(LinuxProgramFiles.Standard);
        var launcher = new LinuxProcessLauncher();
        var tools = new Tools(launcher, programs, new ChildEnvironment(), data.Path);
        return new BootPlatform(
            "linux",
            new LinuxBootDisks(tools, Disks(options), time),
            new WimImageApplier(tools, data.Path),
            new NtfsOfflineWindows(tools, data.Path, time),
            new EspBootFiles(tools),
            new ScriptRunner(launcher, new Interpreters(programs), new ScriptFolders(data), new ChildEnvironment(), time),
            new LinuxEphemeralKeys(),
            new LinuxRescueInfo(programs),
            new LinuxBootTerminal());
    }

    private static Func<IReadOnlyList<BootDisk>> Disks(DeployOptions options)
    {
        if (options.Disk is not { } paths)
            return LinuxBootDisks.OfMachine;
        var disks = paths.Split(',').Select(path => LinuxBootDisks.Of(path) ?? throw new SettingsException($"{path} is no disk.")).ToList();
        return () => disks;
    }
}
