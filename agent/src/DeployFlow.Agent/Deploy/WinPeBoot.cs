using System.Runtime.Versioning;
using DeployFlow.Contracts.Boot;
using DeployFlow.Engine.Os;
using DeployFlow.Engine.Os.Windows;
using DeployFlow.Engine.Os.WinPe;
using DeployFlow.Engine.Scripts;

namespace DeployFlow.Agent.Deploy;

/// <summary>WinPE: diskpart, DISM and bcdboot.</summary>
internal static class WinPeBoot
{
    [SupportedOSPlatform("windows")]
    public static BootPlatform Platform(DeployOptions options)
    {
        var time = TimeProvider.System;
        var data = new DataDirectory(options.WorkDirectory, new WindowsPrivateFiles());
        data.Ensure();
        var programFiles = new WindowsProgramFiles();
        var launcher = new WindowsProcessLauncher();
        var tools = new Tools(launcher, programFiles, new ChildEnvironment(), data.Path);
        var programs = WinPePrograms.In(Environment.SystemDirectory, data.Path);
        return new BootPlatform(
            "winpe",
            Disks(options, tools, programs),
            new DismImageApplier(tools, programs),
            new WinPeOfflineWindows(tools, programs, WindowsOfflineAccess.Restrict),
            new BcdbootFiles(tools, programs),
            new ScriptRunner(launcher, new Interpreters(programFiles), new ScriptFolders(data), new ChildEnvironment(), time),
            new WindowsEphemeralKeys(),
            new WinPeRescueInfo(Environment.GetFolderPath(Environment.SpecialFolder.Windows)),
            new WinPeTerminal(Path.Combine(Environment.SystemDirectory, "cmd.exe")));
    }

    /// <summary>For tests, a file that stands for the first disk.</summary>
    [SupportedOSPlatform("windows")]
    private static DiskpartDisks Disks(DeployOptions options, Tools tools, WinPePrograms programs)
    {
        if (options.Disk is not { } file)
            return new DiskpartDisks(tools, programs, WindowsBootDisks.OfMachine, disk => $@"\\.\{disk}");
        var disk = new BootDisk("PhysicalDrive0", null, null, new FileInfo(file).Length, null, false);
        return new DiskpartDisks(tools, programs, () => [disk], _ => file);
    }
}
