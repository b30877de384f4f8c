using DeployFlow.Agent.Actions;
using DeployFlow.Agent.Hosting;
using DeployFlow.Agent.Http;
using DeployFlow.Agent.Inventory;
using DeployFlow.Contracts;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace DeployFlow.Agent.CheckIn;

/// <summary>The one call that is always open: it says what runs here, and brings what is to be done.</summary>
public sealed partial class CheckInLoop(
    IServerClient server, HeldCall heldCall, ActionDispatcher dispatcher, ReportSender sender, InventoryLoop inventory,
    ReceiptStore receipts, StatusFile status, ServerClock clock, Backoff backoff, TimeProvider time, CheckInIdentity identity,
    ILogger<CheckInLoop> logger)
{
    /// <summary>A server that answers at once and says nothing, this often in a row, is not asked again without a pause.</summary>
    private const int MostHastyAnswers = 5;

    private static readonly TimeSpan Hasty = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan HastyPause = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan OvertakenLimit = TimeSpan.FromSeconds(5);

    private readonly IdleMemory _memory = new();

    private bool _failing;
    private int _hastyAnswers;

    public async Task RunAsync(CancellationToken stopping)
    {
        while (true)
        {
            stopping.ThrowIfCancellationRequested();
            var news = heldCall.Begin();
            var begun = time.GetTimestamp();
            var ending = CancellationTokenSource.CreateLinkedTokenSource(stopping);
            var call = server.CheckInAsync(Request(AgentStatus.Idle, (int)ServerConnection.MaxWait.TotalSeconds), ending.Token);
            // Not before this run's receipt is here: an older one that arrives behind a newer one looks like a clone.
            if (receipts.IsOfThisRun && await Task.WhenAny(call, news) != call)
            {
                _ = TakeOvertakenAsync(call, ending);
                continue;
            }

            ending.Dispose();
            try
            {
                if ((await call) is { Value: { } response })
                    await TakeAsync(response, time.GetElapsedTime(begun), news, stopping);
                else
                    await WaitAfterFailureAsync((await call).Problem!, stopping);
            }
            catch (SqliteException error)
            {
                // The receipt cannot be kept: nothing of the answer was taken, and the server gives it again.
                await WaitAfterFailureAsync(ServerProblem.OfJournal(error), stopping);
            }
        }
    }

    /// <summary>One call that is not held.</summary>
    public Task<ServerAnswer<CheckInResponse>> OnceAsync(AgentStatus status, CancellationToken cancellationToken) =>
        server.CheckInAsync(Request(status, 0), cancellationToken);

    private CheckInRequest Request(AgentStatus wanted, int maxWait)
    {
        var running = dispatcher.Running;
        return new CheckInRequest(
            identity.BootId,
            identity.RunId,
            receipts.Current,
            identity.AgentVersion,
            wanted == AgentStatus.Idle && running.Count > 0 ? AgentStatus.Busy : wanted,
            inventory.Hash,
            running,
            wanted == AgentStatus.Stopping ? 0 : dispatcher.FreeSlots,
            maxWait);
    }

    /// <summary>
    /// Takes what a call brings that a newer one has overtaken. The server answers it at once, and it may have put orders
    /// into the answer just before: dropped with the connection, they would be handed out again only seconds later.
    /// </summary>
    private async Task TakeOvertakenAsync(Task<ServerAnswer<CheckInResponse>> call, CancellationTokenSource ending)
    {
        using var _ = ending;
        // Behind a balancer the newer call may have gone to a server that knows nothing of this one.
        ending.CancelAfter(OvertakenLimit);
        try
        {
            if ((await call).Value is { } response)
            {
                TakeOrders(response);
                // The newer call does not name these: told of them only when it ends, the server takes them for lost.
                if (response.Actions is [_, ..])
                    heldCall.Renew();
            }
        }
        catch (OperationCanceledException)
        {
            // The limit, or the agent stops.
        }
        catch (SqliteException)
        {
            // The receipt cannot be kept: the server gives it again to the newer call.
        }
    }

    private async Task TakeAsync(CheckInResponse response, TimeSpan took, Task news, CancellationToken stopping)
    {
        Recovered();
        if (clock.Observe(response.ServerTime))
            Log.ClockCorrected(logger, clock.Offset.TotalSeconds);
        TakeOrders(response);
        status.Note(response.DeviceState, time.GetUtcNow());
        if (response.WantsInventory)
            inventory.Want();
        await WaitForNextAsync(response, took, news, stopping);
    }

    private void TakeOrders(CheckInResponse response)
    {
        // On disk before the next check-in: the receipt is what tells this machine from its clone.
        if (response.Receipt is { } receipt)
            receipts.Keep(receipt);
        foreach (var order in response.Actions ?? [])
            Survive(order.ActionId, () => dispatcher.Accept(order));
        foreach (var actionId in response.Cancel ?? [])
            Survive(actionId, () => dispatcher.Cancel(actionId));
    }

    private async Task WaitForNextAsync(CheckInResponse response, TimeSpan took, Task news, CancellationToken stopping)
    {
        var silent = response is { Actions: null or [], Receipt: null };
        _hastyAnswers = silent && took < Hasty && !news.IsCompleted ? _hastyAnswers + 1 : 0;
        var wait = TimeSpan.FromSeconds(Math.Clamp(response.NextCheckInS, 0, 300));
        if (wait == TimeSpan.Zero && _hastyAnswers >= MostHastyAnswers)
            wait = HastyPause;
        if (silent && dispatcher.Running.Count == 0 && took > Hasty)
            _memory.Trim();
        if (wait == TimeSpan.Zero)
            return;
        try
        {
            await news.WaitAsync(wait, time, stopping);
        }
        catch (TimeoutException)
        {
            // Nothing happened meanwhile.
        }
    }

    /// <summary>One bad order must not end the loop.</summary>
    private void Survive(string actionId, Action act)
    {
        try
        {
            act();
        }
        catch (Exception error)
        {
            Log.OrderFailed(logger, actionId, error);
        }
    }

    private async Task WaitAfterFailureAsync(ServerProblem problem, CancellationToken stopping)
    {
        if (!_failing)
            Log.Failing(logger, problem.Status, problem.Code, problem.Message);
        _failing = true;
        status.NoteFailure(problem, time.GetUtcNow());
        await Task.Delay(backoff.Next(problem.RetryAfter), time, stopping);
    }

    private void Recovered()
    {
        backoff.Reset();
        if (!_failing)
            return;
        _failing = false;
        Log.Recovered(logger);
        sender.RetryNow();
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "The server cannot be reached or refuses; trying again until it answers.")]
        public static partial void Failing(ILogger logger, int status, string code, string message);

        [LoggerMessage(LogLevel.Information, "The server answers again.")]
        public static partial void Recovered(ILogger logger);

        [LoggerMessage(LogLevel.Warning, "This machine's clock differs from the server's; the difference is kept.")]
        public static partial void ClockCorrected(ILogger logger, double offset_s);

        [LoggerMessage(LogLevel.Error, "An order from the server could not be taken.")]
        public static partial void OrderFailed(ILogger logger, string action_id, Exception error);
    }
}

/// <param name="BootId">UUID of this boot of the operating system.</param>
/// <param name="RunId">UUID of this start of the agent.</param>
public sealed record CheckInIdentity(string BootId, string RunId, string AgentVersion);
