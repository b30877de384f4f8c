using System.Runtime.Versioning;

namespace DeployFlow.Engine.Os.Windows;

/// <summary>A service of the Windows service control manager, by its own tool.</summary>
[SupportedOSPlatform("windows")]
public sealed class WindowsService : IServiceRegistration
{
    public const string Name = "DeployFlowAgent";

    private const int NotInstalled = 1060;

    public void Install(string dataDirectory)
    {
        var program = Environment.ProcessPath ?? throw new ServiceRegistrationException("The path of this program is not known.");
        var commandLine = $"\"{program}\" run --data-dir \"{dataDirectory}\"";
        var isUpdate = Status() != "not_installed";
        if (isUpdate)
            Stop();
        Call(isUpdate ? "config" : "create", Name, "binPath=", commandLine, "start=", "auto", "DisplayName=", "DeployFlow Fleet agent");
        // This and recovery make it better but not different; Wine and WinPE do not know all of them.
        _ = Tool("description", Name, "Carries out what the DeployFlow Fleet server asks of this machine.");
        KeepRunning();
        Call("start", Name);
    }

    public void KeepRunning()
    {
        // Restarted after every death, also after one with an exit code instead of a crash.
        _ = Tool("failure", Name, "reset=", "86400", "actions=", "restart/2000/restart/10000/restart/60000");
        _ = Tool("failureflag", Name, "1");
    }

    public void Uninstall()
    {
        if (Status() == "not_installed")
            throw new ServiceRegistrationException("The service is not installed.");
        Stop();
        Call("delete", Name);
    }

    /// <summary>Waits for the end: a program that still runs cannot be replaced, nor its service be started.</summary>
    private void Stop()
    {
        _ = Tool("stop", Name);
        for (var tries = 0; tries < 60 && Status() != "stopped"; tries++)
            Thread.Sleep(TimeSpan.FromMilliseconds(250));
    }

    public string Status()
    {
        var end = Tool("query", Name);
        if (end is null || end.ExitCode == NotInstalled)
            return "not_installed";
        var output = end.Output;
        return output.Contains("RUNNING", StringComparison.Ordinal) ? "running"
            : output.Contains("STOPPED", StringComparison.Ordinal) ? "stopped"
            : end.ExitCode == 0 ? "changing" : "not_installed";
    }

    private static void Call(params string[] arguments)
    {
        var end = Tool(arguments);
        if (end is not { ExitCode: 0 })
            throw new ServiceRegistrationException($"sc {arguments[0]} failed ({end?.ExitCode}): {end?.Output.Trim()} Run it as administrator.");
    }

    private static ProgramEnd? Tool(params string[] arguments) => ProgramOutput.Run(Path.Combine(Environment.SystemDirectory, "sc.exe"), arguments);
}
