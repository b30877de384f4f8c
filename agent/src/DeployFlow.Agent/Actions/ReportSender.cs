using System.Collections.Concurrent;
using DeployFlow.Agent.Hosting;
using DeployFlow.Agent.Http;
using DeployFlow.Contracts;
using DeployFlow.Engine;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace DeployFlow.Agent.Actions;

/// <summary>Empties the outbox: in order, in batches, again and again until each report is acknowledged.</summary>
public sealed partial class ReportSender(Outbox outbox, IServerClient server, Backoff backoff, TimeProvider time, ILogger<ReportSender> logger)
{
    private readonly Signal _work = new();
    private readonly Signal _retryNow = new();
    private readonly ConcurrentQueue<FinishedReport> _unjournalled = new();
    private bool _failing;

    /// <summary>The server gave an action up under a fence.</summary>
    public event Action<string, long>? Stale;

    /// <summary>The server wants an action ended.</summary>
    public event Action<string>? Cancelled;

    /// <summary>Something was put into the outbox.</summary>
    public void Raise() => _work.Raise();

    /// <summary>The server was just reached: no need to wait any longer.</summary>
    public void RetryNow() => _retryNow.Raise();

    /// <summary>Reports an action that never started because the journal cannot be written. Lost where the agent dies; then it is handed out again.</summary>
    public void ReportUnjournalled(ActionOrder order, ActionResult result, DateTimeOffset at)
    {
        _unjournalled.Enqueue(new FinishedReport(
            order.ActionId, order.Fence, at, result.Outcome, result.ExitCode, result.Error, 0, LogTruncated: false, result.Facts));
        Raise();
    }

    public async Task RunAsync(CancellationToken stopping)
    {
        Raise();
        while (true)
        {
            await _work.WaitAsync(stopping);
            while (await TrySendNextAsync(stopping) is { } problem)
            {
                var wait = backoff.Next(problem.RetryAfter);
                await _retryNow.WaitAsync(wait, time, stopping);
            }
        }
    }

    /// <summary>Sends what is there, without retries: the agent stops.</summary>
    public Task FlushAsync(CancellationToken cancellationToken) => SendNextAsync(cancellationToken);

    /// <summary>A full disk is waited out like a server that is away: what was acknowledged meanwhile is sent again.</summary>
    private async Task<ServerProblem?> TrySendNextAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await SendNextAsync(cancellationToken);
        }
        catch (SqliteException error)
        {
            var problem = ServerProblem.OfJournal(error);
            Failed(problem);
            return problem;
        }
    }

    /// <returns>Null when nothing is left to send.</returns>
    private async Task<ServerProblem?> SendNextAsync(CancellationToken cancellationToken)
    {
        var most = ReportsRequest.MaxReports;
        while (true)
        {
            IReadOnlyList<PendingReport> pending = [.. _unjournalled.Select(report => new PendingReport(0, report)), .. outbox.Next(most)];
            if (pending.Count == 0)
                return null;
            var answer = await server.ReportAsync(new ReportsRequest([.. pending.Select(item => item.Report)]), cancellationToken);
            if (answer.Value is { } response)
            {
                Acknowledge(pending, response);
                Recovered();
                most = ReportsRequest.MaxReports;
            }
            else if (answer.Problem!.Status is 400 or 413 or 422 && most > 1)
            {
                // One report that the server cannot read must not hold up the others: find it.
                most = 1;
            }
            else if (answer.Problem.Status is 400 or 413 or 422)
            {
                Log.Unreadable(logger, pending[0].Report.ActionId, answer.Problem.Code, answer.Problem.Message);
                Discard(pending);
            }
            else
            {
                Failed(answer.Problem);
                return answer.Problem;
            }
        }
    }

    private void Acknowledge(IReadOnlyList<PendingReport> pending, ReportsResponse response)
    {
        Discard(pending);
        for (var index = 0; index < Math.Min(pending.Count, response.Results.Count); index++)
        {
            var report = pending[index].Report;
            if (response.Results[index].Outcome != ReportResult.Stale)
                continue;
            if (outbox.DropStale(report.ActionId, report.Fence))
                Stale?.Invoke(report.ActionId, report.Fence);
        }

        foreach (var actionId in response.Cancel ?? [])
            Cancelled?.Invoke(actionId);
    }

    private void Discard(IReadOnlyList<PendingReport> pending)
    {
        outbox.Remove(pending);
        foreach (var _ in pending.Where(item => item.Id == 0))
            _unjournalled.TryDequeue(out FinishedReport? _);
    }

    private void Failed(ServerProblem problem)
    {
        if (!_failing)
            Log.Failing(logger, problem.Status, problem.Code, problem.Message);
        _failing = true;
    }

    private void Recovered()
    {
        if (_failing)
            Log.Recovered(logger);
        _failing = false;
        backoff.Reset();
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "Reports cannot be sent; they are kept and sent again.")]
        public static partial void Failing(ILogger logger, int status, string code, string message);

        [LoggerMessage(LogLevel.Information, "Reports are sent again.")]
        public static partial void Recovered(ILogger logger);

        [LoggerMessage(LogLevel.Error, "The server cannot read a report; it is dropped.")]
        public static partial void Unreadable(ILogger logger, string action_id, string code, string message);
    }
}
