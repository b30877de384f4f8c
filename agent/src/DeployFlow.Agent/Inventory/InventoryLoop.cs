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

            await SendUntilTakenAsync(stopping);
            heldCall.RenewSoon();
        }
    }

    private async Task SendUntilTakenAsync(CancellationToken stopping)
    {
        for (var failures = 0; await SendAsync(stopping) is { } problem; failures++)
        {
            if (failures == 0)
                Log.NotSent(logger, problem.Code, problem.Message);
            // The same content would be refused again; the server asks anew when it wants the next one.
            if (problem.Status is 400 or 413 or 422)
                break;
            await Task.Delay(backoff.Next(problem.RetryAfter), time, stopping);
        }

        backoff.Reset();
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
        try
        {
            Volatile.Write(ref _current, Hashed(machine.Inventory(agentVersion)));
        }
        catch (Exception error)
        {
            // An odd machine must not cost the agent its life: it goes on with the inventory it has.
            Log.NotGathered(logger, error);
        }

        return Hash != before;
    }

    private async Task<ServerProblem?> SendAsync(CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken);
        try
        {
            if (Hash is null)
                Gather();
            return Volatile.Read(ref _current) is { } current
                ? (await server.SendInventoryAsync(current, cancellationToken)).Problem
                : new ServerProblem(422, "inventory_unavailable", "This machine's inventory cannot be gathered; the agent's log says why.");
        }
        finally
        {
            _one.Release();
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "The inventory could not be gathered.")]
        public static partial void NotGathered(ILogger logger, Exception error);

        [LoggerMessage(LogLevel.Warning, "The inventory could not be sent; trying again.")]
        public static partial void NotSent(ILogger logger, string code, string message);
    }
}
