namespace DeployFlow.Engine.Os.Linux;

public sealed class LinuxSystemState(IProgramFiles programs) : ISystemState
{
    public bool IsSettingUp => false;

    public string? Restart()
    {
        if (programs.Find("systemctl") is { } systemctl && ProgramOutput.Run(systemctl, "reboot", "--no-wall") is { ExitCode: 0 })
            return null;
        if (programs.Find("shutdown") is not { } shutdown)
            return "there is no program for it.";
        return ProgramOutput.Run(shutdown, "-r", "now") is { ExitCode: 0 } ? null : "shutdown refused.";
    }
}
