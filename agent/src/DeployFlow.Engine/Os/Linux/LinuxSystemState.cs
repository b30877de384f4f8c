namespace DeployFlow.Engine.Os.Linux;

public sealed class LinuxSystemState(IProgramFiles programs) : ISystemState
{
    public bool IsSettingUp => false;

    public string? Restart() => Ask("reboot", "-r");

    public string? ShutDown() => Ask("poweroff", "-P");

    private string? Ask(string verb, string option)
    {
        if (programs.Find("systemctl") is { } systemctl && ProgramOutput.Run(systemctl, verb, "--no-wall") is { ExitCode: 0 })
            return null;
        if (programs.Find("shutdown") is not { } shutdown)
            return "there is no program for it.";
        return ProgramOutput.Run(shutdown, option, "now") is { ExitCode: 0 } ? null : "shutdown refused.";
    }
}
