namespace DeployFlow.Engine.Os.WinPe;

/// <summary>Where WinPE's own programs are, and where files may lie meanwhile.</summary>
public sealed record WinPePrograms(string Diskpart, string Dism, string Bcdboot, string WorkFolder)
{
    public static WinPePrograms In(string system, string workFolder) => new(
        Path.Combine(system, "diskpart.exe"), Path.Combine(system, "dism.exe"), Path.Combine(system, "bcdboot.exe"), workFolder);
}
