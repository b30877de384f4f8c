using System.Collections.Concurrent;
using DeployFlow.Agent.CheckIn;
using DeployFlow.Agent.Http;
using DeployFlow.Contracts;
using DeployFlow.Engine;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace DeployFlow.Agent.Actions;

/// <summary>
/// Decides what an order means here (start, take over, report again, refuse) and runs up to four at a time.
/// </summary>
public sealed partial class ActionDispatcher(
    Journal journal, ReportSender sender, HeldCall heldCall, ServerClock clock, TimeProvider time,
    IReadOnlyDictionary<string, IActionHandler> handlers, ILogger<ActionDispatcher> logger)
{
    public const int Slots = 4;

    private static readonly TimeSpan DiskFullPause = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, Accepted> _accepted = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _slots = new(Slots);
    private volatile bool _closed;

    public IReadOnlyList<RunningAction> Running =>
        [.. _accepted.Values.Select(action => new RunningAction(action.Order.ActionId, action.Fence)).OrderBy(action => action.ActionId, StringComparer.Ordinal)];

    /// <summary>The agent ends; what can be taken up again may leave its end to the next run.</summary>
    public bool IsStopping { get; private set; }

    public int FreeSlots => _closed ? 0 : Math.Max(0, Slots - _accepted.Count);

    /// <summary>Takes an order. Returns at once; the action runs on its own.</summary>
    public void Accept(ActionOrder order)
    {
        if (_accepted.TryGetValue(order.ActionId, out var running))
        {
            running.Fence = Math.Max(running.Fence, order.Fence);
            journal.TakeOver(order.ActionId, order.Fence);
        }
        else if (!_closed && _accepted.TryAdd(order.ActionId, new Accepted(order)))
        {
            _ = Task.Run(() => ExecuteAsync(_accepted[order.ActionId]));
        }
    }

    /// <summary>Goes on with an action whose intent is in the journal: its handler had asked for a restart, or can take it up after a death.</summary>
    public void Resume(ActionOrder order)
    {
        if (_accepted.TryAdd(order.ActionId, new Accepted(order)))
            _ = Task.Run(() => ExecuteAsync(_accepted[order.ActionId], isBegun: true));
    }

    /// <summary>Ends a running action. One that has ended is reported again: the server does not know of its end.</summary>
    public void Cancel(string actionId)
    {
        if (_accepted.TryGetValue(actionId, out var running))
            running.Stop(StopReason.Cancelled);
        else if (journal.Find(actionId) is { Result: not null } entry)
            ReportAgain(actionId, entry.Fence);
    }

    /// <summary>The server gave the action up under this fence: whatever runs of it ends, and nothing more is said of it.</summary>
    public void GiveUp(string actionId, long fence)
    {
        if (_accepted.TryGetValue(actionId, out var running) && running.Fence <= fence)
            running.Stop(StopReason.GivenUp);
    }

    /// <summary>No new starts from now on; returns when nothing else than <paramref name="exceptFor"/> runs.</summary>
    public async Task DrainAsync(string exceptFor, CancellationToken cancellationToken)
    {
        _closed = true;
        heldCall.Renew();
        try
        {
            await Task.WhenAll(_accepted.Values.Where(action => action.Order.ActionId != exceptFor).Select(action => action.Ended.Task))
                .WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            _closed = false;
            throw;
        }
    }

    /// <summary>The agent stops: everything that runs is killed and reported as interrupted.</summary>
    public Task InterruptAllAsync()
    {
        _closed = true;
        IsStopping = true;
        foreach (var action in _accepted.Values)
            action.Stop(StopReason.Interrupted);
        return Task.WhenAll(_accepted.Values.Select(action => action.Ended.Task));
    }

    private async Task ExecuteAsync(Accepted action, bool isBegun = false)
    {
        var order = action.Order;
        try
        {
            if (!isBegun && await TryReportKnownAsync(action))
                return;
            await _slots.WaitAsync(action.Stopping);
            try
            {
                if (isBegun)
                    await RunToItsEndAsync(action, action.Order with { Fence = action.Fence });
                else
                    await BeginAndRunAsync(action);
            }
            finally
            {
                _slots.Release();
            }
        }
        catch (OperationCanceledException)
        {
            // Stopped while it waited for a slot; only a cancel is an end of its own.
            if (action.Reason == StopReason.Cancelled && !isBegun)
                await PersistAsync(() => journal.Refuse(order, ActionResult.Cancelled()));
        }
        catch (Exception error)
        {
            Log.Failed(logger, order.ActionId, error);
        }
        finally
        {
            var wasFull = FreeSlots == 0;
            _accepted.TryRemove(order.ActionId, out _);
            action.Ended.SetResult();
            sender.Raise();
            // Only a call that offered no slot is worth overtaking at once: more work may wait.
            if (wasFull)
                heldCall.Renew();
            else
                heldCall.RenewSoon();
        }
    }

    private async Task BeginAndRunAsync(Accepted action)
    {
        var order = action.Order with { Fence = action.Fence };
        if (Refusal(order) is { } refusal)
        {
            await PersistAsync(() => journal.Refuse(order, refusal));
            return;
        }

        try
        {
            journal.Begin(order);
        }
        catch (SqliteException error)
        {
            // Without an intent on disk it must not start; that it did not is told from memory.
            Log.NoIntent(logger, order.ActionId, error);
            sender.ReportUnjournalled(order, ActionResult.Failed(ErrorCode.DiskFull, "Not started: the agent's journal cannot be written."), time.GetUtcNow());
            return;
        }

        sender.Raise();
        Log.Started(logger, order.ActionId, order.Kind, order.Fence);
        await RunToItsEndAsync(action, order);
    }

    private async Task RunToItsEndAsync(Accepted action, ActionOrder order)
    {
        var context = new RunningActionContext(order, journal, sender.Raise);
        if (await RunAsync(action, context) is not { } result)
            return;
        if (action.Reason != StopReason.GivenUp)
            Log.Ended(logger, order.ActionId, result.Outcome, result.ExitCode, result.Error?.Code);
        await PersistAsync(() => journal.Finish(order.ActionId, result, context.LogTruncated));
    }

    private ActionResult? Refusal(ActionOrder order)
    {
        if (order.ExpiresAt <= clock.Now)
            return ActionResult.Expired(order.ExpiresAt);
        return handlers.ContainsKey(order.Kind)
            ? null
            : ActionResult.Failed(ErrorCode.UnsupportedKind, $"This agent does not know the kind {order.Kind}.");
    }

    private async Task<ActionResult?> RunAsync(Accepted action, RunningActionContext context)
    {
        var order = action.Order;
        var timeout = TimeSpan.FromSeconds(Math.Max(order.TimeoutS, 1));
        using var limit = new CancellationTokenSource(timeout, time);
        await using var _ = limit.Token.Register(() => action.Stop(StopReason.TimedOut));
        try
        {
            return await handlers[order.Kind].RunAsync(context, action.Stopping);
        }
        catch (OperationCanceledException) when (action.Stopping.IsCancellationRequested)
        {
            return action.Reason switch
            {
                StopReason.TimedOut => ActionResult.TimedOut(timeout),
                StopReason.Interrupted => ActionResult.Interrupted(),
                _ => ActionResult.Cancelled(),
            };
        }
        catch (Exception error)
        {
            Log.Failed(logger, order.ActionId, error);
            return ActionResult.Failed(error is IOException ? ErrorCode.DiskFull : ErrorCode.StartFailed, error.Message);
        }
    }

    /// <summary>An order that stands in the journal is not started again, whatever its fence.</summary>
    private async Task<bool> TryReportKnownAsync(Accepted action)
    {
        if (journal.Find(action.Order.ActionId) is not { } entry)
            return false;
        Log.HandedOutAgain(logger, action.Order.ActionId, action.Order.Fence);
        if (entry.Result is null)
            await PersistAsync(() => journal.Finish(entry.ActionId, ActionResult.Interrupted(), logTruncated: false));
        ReportAgain(action.Order.ActionId, action.Fence);
        return true;
    }

    private void ReportAgain(string actionId, long fence)
    {
        journal.ReportAgain(actionId, fence);
        sender.Raise();
    }

    /// <summary>A result is never given up: a full disk is waited out.</summary>
    private async Task PersistAsync(Action write)
    {
        while (true)
        {
            try
            {
                write();
                return;
            }
            catch (SqliteException error)
            {
                Log.NotPersisted(logger, error);
                await Task.Delay(DiskFullPause, time, CancellationToken.None);
            }
        }
    }

    private enum StopReason
    {
        None,
        Cancelled,
        TimedOut,
        Interrupted,
        GivenUp,
    }

    private sealed class Accepted(ActionOrder order)
    {
        private readonly CancellationTokenSource _stop = new();
        private int _reason;

        public ActionOrder Order { get; } = order;

        public long Fence { get; set; } = order.Fence;

        public TaskCompletionSource Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public CancellationToken Stopping => _stop.Token;

        public StopReason Reason => (StopReason)Volatile.Read(ref _reason);

        /// <summary>The first reason counts.</summary>
        public void Stop(StopReason reason)
        {
            if (Interlocked.CompareExchange(ref _reason, (int)reason, 0) == 0)
                _ = _stop.CancelAsync();
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "Action started.")]
        public static partial void Started(ILogger logger, string action_id, string kind, long fence);

        [LoggerMessage(LogLevel.Information, "Action ended.")]
        public static partial void Ended(ILogger logger, string action_id, ActionOutcome outcome, int? exit_code, string? error_code);

        [LoggerMessage(LogLevel.Information, "Action was handed out again; it is not started again.")]
        public static partial void HandedOutAgain(ILogger logger, string action_id, long fence);

        [LoggerMessage(LogLevel.Error, "Action could not be carried out.")]
        public static partial void Failed(ILogger logger, string action_id, Exception error);

        [LoggerMessage(LogLevel.Error, "Action was not started: its intent cannot be written.")]
        public static partial void NoIntent(ILogger logger, string action_id, Exception error);

        [LoggerMessage(LogLevel.Error, "A result cannot be written; trying again.")]
        public static partial void NotPersisted(ILogger logger, Exception error);
    }
}
