using DeployFlow.Agent.Actions;
using DeployFlow.Agent.Enrollment;
using DeployFlow.Agent.Hosting;
using DeployFlow.Engine.Os;
using Microsoft.Extensions.Hosting;

namespace DeployFlow.Agent.Commands;

/// <summary><c>run</c>: the agent itself, in the foreground or under a service manager.</summary>
public sealed class RunCommand(Platform platform, DataDirectory data, IReadOnlyList<string> arguments)
{
    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        InstallerEnrollment.TakeOver(platform.Installer, platform.Service, data);
        var configuration = AgentConfiguration.Load(data);
        if (configuration is null && !PlantedEnrollment.IsThere(data))
            throw new NotEnrolledException(data);
        data.Ensure();
        var end = new AgentEnd();
        using (var held = DataLock.TryTake(data))
        {
            if (held is null)
            {
                await Console.Error.WriteLineAsync($"Another agent runs with {data.Path}; stop it first, or give another --data-dir.");
                return ExitCode.AlreadyRunning;
            }

            using var database = new JournalDatabase(data.Journal);
            if (configuration is null)
                await RunFirstBootAsync(database, end, cancellationToken);
            else
                await RunAsync(configuration, database, end, cancellationToken);
        }

        if (end.HasFailed)
            return ExitCode.Failure;
        if (end.IsRefused)
            return ExitCode.EnrollmentRefused;
        if (!end.IsRestart)
            return ExitCode.Success;
        if (!platform.IsService)
            platform.Replacement.Start(arguments);
        return ExitCode.Restart;
    }

    private async Task RunAsync(AgentConfiguration configuration, JournalDatabase database, AgentEnd end, CancellationToken cancellationToken)
    {
        using var key = platform.Keys(data).Open() ?? throw new NotEnrolledException(data);
        PlantedEnrollment.Remove(data);
        using var host = AgentHost.Build(platform, data, configuration, key, database, end);
        await host.RunAsync(cancellationToken);
    }

    private async Task RunFirstBootAsync(JournalDatabase database, AgentEnd end, CancellationToken cancellationToken)
    {
        using var host = AgentHost.BuildFirstBoot(platform, data, database, end);
        await host.RunAsync(cancellationToken);
    }
}

/// <summary>The data folder belongs to no enrolled device.</summary>
public sealed class NotEnrolledException(DataDirectory data)
    : Exception($"{data.Path} belongs to no enrolled device; run `deployflow-agent enroll --server URL --token TOKEN` first.");
