using System.Runtime.Versioning;
using DeployFlow.Engine.Os;
using DeployFlow.Engine.Os.Windows;
using DeployFlow.Engine.Os.WinPe;
using DeployFlow.Engine.Scripts;

namespace DeployFlow.Agent.Deploy;

/// <summary>WinPE: diskpart, DISM and bcdboot.</summary>
internal static class WinPeBoot
{
    private const int SectorSize = 512;

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
            new DiskpartDisks(tools, programs, WindowsBootDisks.OfMachine, disk => GptTable.Read($@"\\.\{disk}", SectorSize), Label),
            new DismImageApplier(tools, programs),
            new WinPeOfflineWindows(tools, programs, WindowsOfflineAccess.Restrict),
            new BcdbootFiles(tools, programs),
            new ScriptRunner(launcher, new Interpreters(programFiles), new ScriptFolders(data), new ChildEnvironment(), time),
            new WindowsEphemeralKeys(),
            new WinPeRescueInfo(Environment.GetFolderPath(Environment.SpecialFolder.Windows)),
            new WinPeTerminal(Path.Combine(Environment.SystemDirectory, "cmd.exe")));
    }

    [SupportedOSPlatform("windows")]
    private static string? Label(string volume)
    {
        try
        {
            return new DriveInfo(volume).VolumeLabel;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
