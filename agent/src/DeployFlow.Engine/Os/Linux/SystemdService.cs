namespace DeployFlow.Engine.Os.Linux;

/// <summary>A systemd unit. Hardened as far as a program can be whose work is to change the machine it runs on.</summary>
public sealed class SystemdService : IServiceRegistration
{
    private const string Name = "deployflow-agent.service";
    private const string UnitFile = $"/etc/systemd/system/{Name}";
    private const string Systemctl = "/usr/bin/systemctl";

    public void Install(string dataDirectory)
    {
        Require();
        var program = Environment.ProcessPath ?? throw new ServiceRegistrationException("The path of this program is not known.");
        File.WriteAllText(UnitFile, Unit(program, dataDirectory));
        Call("daemon-reload");
        Call("enable", Name);
        Call("restart", Name);
    }

    public void Uninstall()
    {
        Require();
        if (!File.Exists(UnitFile))
            throw new ServiceRegistrationException("The service is not installed.");
        Call("disable", "--now", Name);
        File.Delete(UnitFile);
        Call("daemon-reload");
    }

    /// <summary>The unit says so itself.</summary>
    public void KeepRunning()
    {
    }

    public string Status()
    {
        if (!File.Exists(UnitFile))
            return "not_installed";
        return ProgramOutput.Run(Systemctl, "is-active", Name)?.Output.Trim() switch
        {
            "active" => "running",
            "inactive" or "failed" => "stopped",
            { Length: > 0 } word => word,
            _ => "unknown",
        };
    }

    /// <summary>
    /// What is missing is missing on purpose. ProtectSystem, PrivateDevices, NoNewPrivileges, UMask, SystemCallArchitectures,
    /// OOMScoreAdjust and the like would hold for every script too, and scripts install software (32-bit too), mount
    /// disks, write files for others to read and change users.
    /// </summary>
    public static string Unit(string program, string dataDirectory) => $"""
        [Unit]
        Description=DeployFlow Fleet agent
        Documentation=https://github.com/deployflow/deployflow
        Wants=network-online.target
        After=network-online.target
        StartLimitIntervalSec=0

        [Service]
        Type=notify
        ExecStart="{program}" run --data-dir "{dataDirectory}"
        Restart=always
        RestartSec=2
        # What a script leaves running on purpose outlives the agent; what the agent must end, it ends itself.
        KillMode=process
        TimeoutStopSec=20
        NotifyAccess=main
        # A script that takes all the memory is killed; the agent goes on and reports it.
        OOMPolicy=continue
        LimitCORE=0

        [Install]
        WantedBy=multi-user.target

        """;

    private static void Require()
    {
        if (!Directory.Exists("/run/systemd/system") || !File.Exists(Systemctl))
            throw new ServiceRegistrationException("This machine does not run systemd; start `deployflow-agent run` by what it runs instead.");
        if (Libc.EffectiveUserId() != 0)
            throw new ServiceRegistrationException("Only root may do this; run it with sudo.");
    }

    private static void Call(params string[] arguments)
    {
        var end = ProgramOutput.Run(Systemctl, arguments);
        if (end is not { ExitCode: 0 })
            throw new ServiceRegistrationException($"systemctl {string.Join(' ', arguments)} failed: {end?.Errors.Trim() ?? "no answer"}");
    }
}
