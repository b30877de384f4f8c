using DeployFlow.Agent.Actions;
using DeployFlow.Agent.CheckIn;
using DeployFlow.Agent.Inventory;
using DeployFlow.Contracts;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace DeployFlow.Agent.Hosting;

/// <summary>
/// The agent's loops under one life. When one of them fails, the process ends with an exit code that makes the service
/// manager start it again; before .NET 11 the host by itself would end with success.
/// </summary>
public sealed partial class AgentService(
    Recovery recovery, CheckInLoop checkIn, ReportSender sender, InventoryLoop inventory, ActionDispatcher dispatcher,
    AgentEnd end, Action<int>? endProcess, IHostApplicationLifetime lifetime, TimeProvider time, ILogger<AgentService> logger) : BackgroundService
{
    /// <summary>What a stop may take in all; service managers wait longer.</summary>
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        try
        {
            recovery.Run();
            sender.Stale += dispatcher.GiveUp;
            sender.Cancelled += dispatcher.Cancel;
            end.Requested += lifetime.StopApplication;
            var loops = new[] { checkIn.RunAsync(stoppingToken), sender.RunAsync(stoppingToken), inventory.RunAsync(stoppingToken) };
            await await Task.WhenAny(loops);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            await SayGoodbyeAsync();
            if (end.IsRestart)
                endProcess?.Invoke(ExitCode.Restart);
        }
        catch (Exception error)
        {
            Log.Failed(logger, error);
            end.Fail();
            endProcess?.Invoke(ExitCode.Failure);
            lifetime.StopApplication();
        }
    }

    /// <summary>
    /// Running scripts are killed and reported as interrupted: a stop is a shutdown or an update, and neither waits for
    /// a script that may take an hour.
    /// </summary>
    private async Task SayGoodbyeAsync()
    {
        using var limit = new CancellationTokenSource(StopLimit, time);
        try
        {
            var ended = end.IsRestart ? Task.CompletedTask : dispatcher.InterruptAllAsync();
            await ended.WaitAsync(limit.Token);
            await sender.FlushAsync(limit.Token);
            if (!end.IsRestart)
                await checkIn.OnceAsync(AgentStatus.Stopping, limit.Token);
        }
        catch (OperationCanceledException)
        {
            Log.StopTookTooLong(logger);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Critical, "The agent fails and ends; the service manager starts it again.")]
        public static partial void Failed(ILogger logger, Exception error);

        [LoggerMessage(LogLevel.Warning, "The stop took too long; what is left is told after the next start.")]
        public static partial void StopTookTooLong(ILogger logger);
    }
}

/// <summary>Why this run of the agent ends.</summary>
public sealed class AgentEnd
{
    public event Action? Requested;

    public bool IsRestart { get; private set; }

    public bool HasFailed { get; private set; }

    /// <summary>The server refused the token that a deployment had left.</summary>
    public bool IsRefused { get; private set; }

    public void Restart()
    {
        IsRestart = true;
        Requested?.Invoke();
    }

    public void Fail() => HasFailed = true;

    public void Refuse() => IsRefused = true;
}
