namespace DeployFlow.Engine.Os.WinPe;

/// <summary>DISM's and setup's logs, disks and network.</summary>
public sealed class WinPeRescueInfo(string windows) : IRescueInfo
{
    private const int MostText = 64 * 1024;

    public IReadOnlyList<(string Name, string Text)> Collect() =>
    [
        .. new[]
        {
            ("dism", End(SystemFile.Text(Path.Combine(windows, "Logs", "DISM", "dism.log")) ?? "")),
            ("network", End(ProgramOutput.Of(Path.Combine(windows, "System32", "ipconfig.exe"), "/all"))),
            ("disks", string.Join('\n', DriveInfo.GetDrives().Select(drive => $"{drive.Name} {drive.DriveType}"))),
        }.Where(log => log.Item2.Length > 0),
    ];

    private static string End(string text) => text.Length <= MostText ? text : text[^MostText..];
}

/// <summary>cmd on the same console.</summary>
public sealed class WinPeTerminal(string commandInterpreter) : IBootTerminal
{
    public void RunShell()
    {
        using var shell = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo(commandInterpreter, "/k echo exit leads back to the deployment.") { UseShellExecute = false });
        shell?.WaitForExit();
    }
}
