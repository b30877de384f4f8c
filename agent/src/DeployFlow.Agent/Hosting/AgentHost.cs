using DeployFlow.Agent.Actions;
using DeployFlow.Agent.CheckIn;
using DeployFlow.Agent.Deploy;
using DeployFlow.Agent.Enrollment;
using DeployFlow.Agent.Http;
using DeployFlow.Agent.Inventory;
using DeployFlow.Agent.Software;
using DeployFlow.Contracts;
using DeployFlow.Engine.Os;
using DeployFlow.Engine.Scripts;
using DeployFlow.Engine.Software;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace DeployFlow.Agent.Hosting;

/// <summary>Puts the running agent together. Written out by hand: one screen that shows who needs whom.</summary>
public static class AgentHost
{
    public static IHost Build(
        Platform platform, DataDirectory data, AgentConfiguration configuration, IDeviceKey key, JournalDatabase database, AgentEnd end) =>
        Build(platform, data, (logs, lifetime) => Service(platform, data, configuration, key, database, end, logs, lifetime));

    /// <summary>The agent of a machine that a deployment or a package has left here, and that is no device yet.</summary>
    public static IHost BuildFirstBoot(Platform platform, DataDirectory data, JournalDatabase database, AgentEnd end) =>
        Build(platform, data, (logs, lifetime) =>
        {
            var time = TimeProvider.System;
            var work = new FirstBootWork(
                platform.WindowsVolume, platform.Launcher, platform.Programs, platform.ChildEnvironment, time, logs.CreateLogger<FirstBootWork>());
            var planted = new PlantedEnrollment(
                data, () => new Enroller(data, platform.Keys(data), platform.Machine(null), time, AgentVersion.Current), platform.System, work,
                new Backoff(Random.Shared), time, logs.CreateLogger<PlantedEnrollment>());
            return new FirstBootService(
                planted, configuration => Service(platform, data, configuration, platform.Keys(data).Open()!, database, end, logs, lifetime), end,
                platform.EndProcess, lifetime, logs.CreateLogger<FirstBootService>());
        });

    private static IHost Build(Platform platform, DataDirectory data, Func<ILoggerFactory, IHostApplicationLifetime, IHostedService> service)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Services.AddWindowsService(options => options.ServiceName = "DeployFlowAgent");
        builder.Services.AddSystemd();
        builder.Logging.ClearProviders().AddProvider(new LineLoggerProvider(LogOutput(platform, data), TimeProvider.System));
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning);
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromSeconds(10));
        builder.Services.AddSingleton(services => service(
            services.GetRequiredService<ILoggerFactory>(), services.GetRequiredService<IHostApplicationLifetime>()));
        return builder.Build();
    }

    private static AgentService Service(
        Platform platform, DataDirectory data, AgentConfiguration configuration, IDeviceKey key, JournalDatabase database, AgentEnd end,
        ILoggerFactory logs, IHostApplicationLifetime lifetime)
    {
        var time = TimeProvider.System;
        var version = AgentVersion.Current;
        var machine = platform.Machine(configuration.DmiTable);
        var http = ServerConnection.Create(ServerSettings.Of(configuration, data));
        var clock = new ServerClock(time);
        var server = new ServerClient(http, key, clock, $"deployflow-agent/{version}");
        var journal = new Journal(database, time);
        var folders = new ScriptFolders(data);
        var heldCall = new HeldCall(time);
        var sender = new ReportSender(new Outbox(database), server, new Backoff(Random.Shared), time, logs.CreateLogger<ReportSender>());
        var inventory = new InventoryLoop(machine, version, server, heldCall, new Backoff(Random.Shared), time, logs.CreateLogger<InventoryLoop>());
        var runner = new ScriptRunner(platform.Launcher, new Interpreters(platform.Programs), folders, platform.ChildEnvironment, time);
        ActionDispatcher? dispatcher = null;
        var ongoing = new OngoingActions(database);
        var downloads = new InstallerDownload(data, server.FetchAsync, folder => new DriveInfo(folder).AvailableFreeSpace, new Backoff(Random.Shared), time);
        var software = new SoftwareWork(
            new SoftwareDetection(platform.Software, runner),
            new CommandRunner(platform.Launcher, platform.Programs, platform.ChildEnvironment, platform.Software, time),
            downloads, data, machine.Facts, Random.Shared, time);
        var finishing = new FinishDeployment(
            new DeploymentJournal(database), server, runner, software, http, platform.System.Restart, machine.BootId, () => dispatcher!.IsStopping, clock, time);
        IActionHandler[] handlers =
        [
            new SoftwareActions(ActionKind.InstallSoftware, software, ongoing, () => dispatcher!.IsStopping),
            new SoftwareActions(ActionKind.UninstallSoftware, software, ongoing, () => dispatcher!.IsStopping),
            new SoftwareActions(ActionKind.DetectSoftware, software, ongoing, () => dispatcher!.IsStopping),
            new PowerActions(ActionKind.RestartDevice, platform.System.Restart, machine.BootId, ongoing, () => dispatcher!.IsStopping, time),
            new PowerActions(ActionKind.ShutDownDevice, platform.System.ShutDown, machine.BootId, ongoing, () => dispatcher!.IsStopping, time),
            new RunScript(runner),
            new RefreshInventory(inventory),
            finishing,
            new RestartAgent((exceptFor, token) => dispatcher!.DrainAsync(exceptFor, token), end.Restart),
        ];
        dispatcher = new ActionDispatcher(
            journal, sender, heldCall, clock, time, handlers.ToDictionary(handler => handler.Kind, StringComparer.Ordinal), logs.CreateLogger<ActionDispatcher>());
        var checkIn = new CheckInLoop(
            server, heldCall, dispatcher, sender, inventory, new ReceiptStore(database), new StatusFile(data), clock, new Backoff(Random.Shared),
            time, new CheckInIdentity(machine.BootId, Guid.NewGuid().ToString(), version), logs.CreateLogger<CheckInLoop>());
        if (!ongoing.AreThere())
            downloads.RemoveLeftovers();
        return new AgentService(
            new Recovery(journal, platform.Launcher, folders, machine.BootId, Resume, logs.CreateLogger<Recovery>()), checkIn, sender, inventory, dispatcher, end,
            platform.EndProcess, lifetime, time,
            logs.CreateLogger<AgentService>());

        bool Resume(JournalEntry entry)
        {
            if ((finishing.Unfinished(entry) ?? ongoing.Find(entry.ActionId)?.Order) is not { } order)
                return false;
            dispatcher.Resume(order with { Fence = entry.Fence });
            return true;
        }
    }

    private static ILogOutput LogOutput(Platform platform, DataDirectory data) =>
        platform.IsService && OperatingSystem.IsWindows() ? new FileOutput(data.Log) : new ErrorStreamOutput();
}

public static class AgentVersion
{
    /// <summary>Version of this program, without a build suffix.</summary>
    public static string Current { get; } = typeof(AgentVersion).Assembly.GetName().Version is { } version
        ? $"{version.Major}.{version.Minor}.{version.Build}"
        : "0.0.0";
}
