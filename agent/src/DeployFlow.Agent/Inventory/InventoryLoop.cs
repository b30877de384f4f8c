using System.Security.Cryptography;
using System.Text.Json;
using DeployFlow.Agent.CheckIn;
using DeployFlow.Agent.Hosting;
using DeployFlow.Agent.Http;
using DeployFlow.Contracts;
using DeployFlow.Engine.Os;
using Microsoft.Extensions.Logging;

namespace DeployFlow.Agent.Inventory;

/// <summary>Gathers the inventory at the start and every hour, and sends it when the server has another one.</summary>
public sealed partial class InventoryLoop(
    IMachine machine, string agentVersion, IServerClient server, HeldCall heldCall, Backoff backoff, TimeProvider time, ILogger<InventoryLoop> logger)
{
    private static readonly TimeSpan Pace = TimeSpan.FromHours(1);

    private readonly Signal _wanted = new();
    private readonly SemaphoreSlim _one = new(1);
    private InventoryRequest? _current;

    /// <summary>Hash of the last inventory gathered; null before the first.</summary>
    public string? Hash => Volatile.Read(ref _current)?.Hash;

    /// <summary>The server's inventory is another one.</summary>
    public void Want() => _wanted.Raise();

    public async Task RunAsync(CancellationToken stopping)
    {
        Gather();
        heldCall.Renew();
        while (true)
        {
            if (!await _wanted.WaitAsync(Pace, time, stopping))
            {
                // A new hash shows in the next check-in; the server asks for the rest.
                if (Gather())
                    heldCall.Renew();
                continue;
            }

            while (await SendAsync(stopping) is { } problem)
            {
                Log.NotSent(logger, problem.Code, problem.Message);
                await Task.Delay(backoff.Next(problem.RetryAfter), time, stopping);
            }

            backoff.Reset();
            heldCall.Renew();
        }
    }

    /// <summary>Gathers and sends, whatever the server has.</summary>
    public async Task<ServerProblem?> SendNowAsync(CancellationToken cancellationToken)
    {
        Gather();
        return await SendAsync(cancellationToken);
    }

    public static InventoryRequest Hashed(InventoryReport inventory) => new(
        Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(inventory, WireJson.Default.InventoryReport))), inventory);

    /// <returns>True where it is another one than before.</returns>
    private bool Gather()
    {
        var before = Hash;
        Volatile.Write(ref _current, Hashed(machine.Inventory(agentVersion)));
        return Hash != before;
    }

    private async Task<ServerProblem?> SendAsync(CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken);
        try
        {
            if (Volatile.Read(ref _current) is null)
                Gather();
            return (await server.SendInventoryAsync(_current!, cancellationToken)).Problem;
        }
        finally
        {
            _one.Release();
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "The inventory could not be sent; trying again.")]
        public static partial void NotSent(ILogger logger, string code, string message);
    }
}
