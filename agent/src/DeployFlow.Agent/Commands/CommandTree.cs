using System.CommandLine;
using DeployFlow.Agent.Deploy;
using DeployFlow.Agent.Enrollment;
using DeployFlow.Agent.Hosting;
using DeployFlow.Engine.Os;

namespace DeployFlow.Agent.Commands;

/// <summary>The commands and their options. What the environment and standard input offer is handed in.</summary>
/// <param name="tokenFromEnvironment">DEPLOYFLOW_TOKEN, so that a token need not stand in the list of processes.</param>
public sealed class CommandTree(Platform platform, IReadOnlyList<string> arguments, string? tokenFromEnvironment, TextReader standardInput)
{
    private readonly Option<string> _dataDirectory = new("--data-dir")
    {
        Description = "Folder for key, configuration and journal.",
        DefaultValueFactory = _ => platform.DefaultDataDirectory,
        Recursive = true,
    };

    private readonly Option<bool> _json = new("--json") { Description = "Print JSON." };

    public RootCommand Build() => new("The agent of DeployFlow Fleet.")
    {
        _dataDirectory,
        Enroll(),
        Run(),
        Service(),
        Status(),
        Diagnose(),
        Deploy(),
    };

    private Command Enroll()
    {
        var server = new Option<string>("--server") { Description = "Address of the server, such as https://fleet.example.com.", Required = true };
        var token = new Option<string?>("--token") { Description = "Enrollment token; - reads it from standard input. Default: DEPLOYFLOW_TOKEN." };
        var ca = new Option<string?>("--ca") { Description = "PEM file of certificates to trust beside the system's." };
        var proxy = new Option<string?>("--proxy") { Description = "URL of a proxy. Default: the system's." };
        var insecure = new Option<bool>("--insecure-http") { Description = "Allow a server address without encryption." };
        var force = new Option<bool>("--force") { Description = "Enroll again although this machine is enrolled." };
        var dmi = new Option<string?>("--dmi-table") { Hidden = true };
        var command = new Command("enroll", "Make this machine a device of a server.") { server, token, ca, proxy, insecure, force, dmi };
        command.SetAction((parsed, cancellationToken) => new EnrollCommand(platform, Data(parsed)).RunAsync(
            new EnrollOptions(
                parsed.GetValue(server)!, Token(parsed.GetValue(token)), parsed.GetValue(ca), parsed.GetValue(proxy), parsed.GetValue(insecure),
                parsed.GetValue(dmi), parsed.GetValue(force)),
            cancellationToken));
        return command;
    }

    private Command Run()
    {
        var command = new Command("run", "Run the agent in the foreground; also what the service runs.");
        command.SetAction((parsed, cancellationToken) => new RunCommand(platform, Data(parsed), arguments).RunAsync(cancellationToken));
        return command;
    }

    private Command Service()
    {
        var install = new Command("install", "Register the agent as a service and start it.");
        install.SetAction(parsed => new ServiceCommand(platform, Data(parsed)).Install());
        var uninstall = new Command("uninstall", "Stop the service and remove it.");
        uninstall.SetAction(parsed => new ServiceCommand(platform, Data(parsed)).Uninstall());
        var status = new Command("status", "Say whether the service runs.");
        status.SetAction(parsed => new ServiceCommand(platform, Data(parsed)).Status());
        return new Command("service", "The agent as a service of the operating system.") { install, uninstall, status };
    }

    private Command Status()
    {
        var command = new Command("status", "Say what this agent knows.") { _json };
        command.SetAction(parsed => new StatusCommand(platform, Data(parsed)).Run(parsed.GetValue(_json)));
        return command;
    }

    private Command Diagnose()
    {
        var command = new Command("diagnose", "Check every link between this agent and its server.") { _json };
        command.SetAction((parsed, cancellationToken) => new DiagnoseCommand(platform, Data(parsed)).RunAsync(parsed.GetValue(_json), cancellationToken));
        return command;
    }

    private Command Deploy()
    {
        var server = new Option<string?>("--server") { Description = "Address of the server." };
        var site = new Option<string?>("--site") { Description = "Key of the boot site." };
        var mac = new Option<string?>("--mac") { Description = "Address of the network card that the machine booted from." };
        var profile = new Option<string?>("--profile") { Description = "Id of the profile that was chosen in the boot menu." };
        var key = new Option<string?>("--boot-key", "--server-key") { Description = "PEM file with the server's boot key." };
        var file = new Option<string?>("--boot-file") { Description = "JSON file with server, site, mac and profile_id, for what is not given here." };
        var ca = new Option<string?>("--ca") { Description = "PEM file of certificates to trust beside the system's." };
        var log = new Option<string?>("--log") { Description = "File that takes a line for all that happens." };
        var plain = new Option<bool>("--plain") { Description = "Print lines instead of a screen." };
        var work = new Option<string>("--work-dir") { Description = "Folder for mount points and scripts.", DefaultValueFactory = _ => Path.Combine(Path.GetTempPath(), "deployflow") };
        var dmi = new Option<string?>("--dmi-table") { Hidden = true };
        var disk = new Option<string?>("--only-disk") { Hidden = true };
        var firmware = new Option<string?>("--firmware") { Hidden = true };
        var command = new Command("deploy", "Deploy this machine; what a boot environment runs.") { server, site, mac, profile, key, file, ca, log, plain, work, dmi, disk, firmware };
        command.SetAction((parsed, cancellationToken) => new DeployCommand(platform).RunAsync(
            new DeployOptions(
                parsed.GetValue(server), parsed.GetValue(site), parsed.GetValue(mac), parsed.GetValue(profile), parsed.GetValue(key), parsed.GetValue(file),
                parsed.GetValue(ca), parsed.GetValue(log), parsed.GetValue(plain), parsed.GetValue(work)!, parsed.GetValue(dmi), parsed.GetValue(disk), parsed.GetValue(firmware)),
            cancellationToken));
        return command;
    }

    private DataDirectory Data(ParseResult parsed) => new(parsed.GetValue(_dataDirectory)!, platform.Files);

    private string Token(string? given)
    {
        var token = (given == "-" ? standardInput.ReadLine() : given ?? tokenFromEnvironment)?.Trim();
        return string.IsNullOrEmpty(token)
            ? throw new SettingsException("No enrollment token; give --token, or put it into DEPLOYFLOW_TOKEN.")
            : token;
    }
}
