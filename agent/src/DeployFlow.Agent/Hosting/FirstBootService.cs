using DeployFlow.Agent.Enrollment;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace DeployFlow.Agent.Hosting;

/// <summary>The agent's first run after a deployment: it becomes a device, and then is the agent, under one and the same service.</summary>
/// <param name="agent">Makes the agent of an enrolled device.</param>
public sealed partial class FirstBootService(
    PlantedEnrollment planted, Func<AgentConfiguration, BackgroundService> agent, AgentEnd end, Action<int>? endProcess, IHostApplicationLifetime lifetime,
    ILogger<FirstBootService> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        try
        {
            if (await planted.EnrollAsync(stoppingToken) is not { } configuration)
            {
                end.Refuse();
                lifetime.StopApplication();
                return;
            }

            using var running = agent(configuration);
            await running.StartAsync(stoppingToken);
            await running.ExecuteTask!;
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Stopped before it was a device; the next start tries again.
        }
        catch (Exception error)
        {
            Log.Failed(logger, error);
            end.Fail();
            endProcess?.Invoke(ExitCode.Failure);
            lifetime.StopApplication();
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Critical, "The agent fails in its first run and ends; the service manager starts it again.")]
        public static partial void Failed(ILogger logger, Exception error);
    }
}
