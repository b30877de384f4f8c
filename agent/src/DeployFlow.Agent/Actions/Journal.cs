using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using DeployFlow.Contracts;
using DeployFlow.Engine;
using DeployFlow.Engine.Os;
using Microsoft.Data.Sqlite;

namespace DeployFlow.Agent.Actions;

/// <summary>
/// What was begun and how it ended. An action that stands here is never started again. Each change puts the report
/// that tells of it into the outbox in the same transaction.
/// </summary>
public sealed class Journal(JournalDatabase database, TimeProvider time)
{
    /// <summary>Long past the moment when a server still knows an action as open.</summary>
    private static readonly TimeSpan Kept = TimeSpan.FromDays(180);

    public JournalEntry? Find(string actionId) => database.InTransaction(durable: true, () => Entry(actionId));

    /// <summary>Writes the intent, synced, before the action starts.</summary>
    public void Begin(ActionOrder order)
    {
        var now = time.GetUtcNow();
        database.InTransaction(durable: true, () =>
        {
            Insert(order, now);
            Report(new StartedReport(order.ActionId, order.Fence, now));
        });
    }

    /// <summary>Writes an action that ends without having started.</summary>
    public void Refuse(ActionOrder order, ActionResult result)
    {
        var now = time.GetUtcNow();
        database.InTransaction(durable: true, () =>
        {
            Insert(order, now);
            End(order.ActionId, result, logTruncated: false, now);
        });
    }

    /// <summary>Keeps where the action's process is found after the agent died. A power cut ends the process too, so nothing is synced.</summary>
    public void Trace(ProcessTrace trace) => database.InTransaction(durable: false, () => database.Run(
        "UPDATE action SET pid = ?2, pid_stamp = ?3 WHERE action_id = ?1", trace.Mark, trace.Pid, trace.Stamp));

    /// <summary>Keeps one chunk of output under the next number.</summary>
    /// <returns>False where the outbox is full.</returns>
    public bool Log(string actionId, LogSource source, string text) => database.InTransaction(durable: false, () =>
    {
        if (source != LogSource.Agent && OutboxBytes() > Outbox.MaxBytes)
            return false;
        var chunk = (int)database.Number("UPDATE action SET log_chunks = log_chunks + 1 WHERE action_id = ?1 RETURNING log_chunks - 1", actionId);
        Report(new LogReport(actionId, 0, time.GetUtcNow(), chunk, source, text));
        return true;
    });

    /// <summary>Writes the end, synced, before it is reported.</summary>
    public void Finish(string actionId, ActionResult result, bool logTruncated) =>
        database.InTransaction(durable: true, () => End(actionId, result, logTruncated, time.GetUtcNow()));

    /// <summary>The server handed out again what runs here: from now on its reports go under the new fence.</summary>
    public void TakeOver(string actionId, long fence) => database.InTransaction(durable: true, () => database.Run(
        "UPDATE action SET fence = ?2 WHERE action_id = ?1 AND fence < ?2", actionId, fence));

    /// <summary>The server handed out again what ended here: its result is reported once more, under the new fence.</summary>
    public void ReportAgain(string actionId, long fence) => database.InTransaction(durable: true, () =>
    {
        database.Run("UPDATE action SET fence = ?2 WHERE action_id = ?1 AND fence < ?2", actionId, fence);
        if (Entry(actionId)?.Result is { } result
            && database.Number("SELECT count(*) FROM outbox WHERE action_id = ?1 AND kind = 'finished'", actionId) == 0)
            Report(result);
    });

    /// <summary>
    /// Forgets the process ids of an earlier boot of this machine: by now they may be anybody's. What that boot had started
    /// is dead.
    /// </summary>
    public void ForgetTracesOfEarlierBoot(string bootId)
    {
        if (database.Meta(BootId) == bootId)
            return;
        database.InTransaction(durable: true, () => database.Run("UPDATE action SET pid = 0, pid_stamp = 0 WHERE result IS NULL"));
        database.SetMeta(BootId, bootId);
    }

    /// <summary>Intents without a result: what a dead agent had begun.</summary>
    public IReadOnlyList<JournalEntry> Unfinished() => database.InTransaction(durable: true, () =>
        database.Query($"{Select} WHERE result IS NULL ORDER BY begun_at", Read));

    public void RemoveOld() => database.InTransaction(durable: true, () => database.Run(
        "DELETE FROM action WHERE ended_at < ?1 AND NOT EXISTS (SELECT 1 FROM outbox WHERE outbox.action_id = action.action_id)",
        Text(time.GetUtcNow() - Kept)));

    public (long Actions, long Unfinished) Counts() => database.InTransaction(durable: true, () =>
        (database.Number("SELECT count(*) FROM action"), database.Number("SELECT count(*) FROM action WHERE result IS NULL")));

    private const string BootId = "boot_id";

    private const string Select = "SELECT action_id, fence, kind, pid, pid_stamp, result FROM action";

    private static JournalEntry Read(SqliteDataReader row) => new(
        row.GetString(0),
        row.GetInt64(1),
        row.GetString(2),
        new ProcessTrace(row.GetString(0), row.GetInt32(3), row.GetInt64(4)),
        row.IsDBNull(5) ? null : (FinishedReport?)JsonSerializer.Deserialize(row.GetString(5), WireJson.Default.Report));

    private JournalEntry? Entry(string actionId) =>
        database.Query($"{Select} WHERE action_id = ?1", Read, actionId).FirstOrDefault();

    private long OutboxBytes() => database.Number("SELECT coalesce(sum(size), 0) FROM outbox");

    private void Insert(ActionOrder order, DateTimeOffset now) => database.Run(
        "INSERT INTO action (action_id, fence, kind, payload_hash, begun_at) VALUES (?1, ?2, ?3, ?4, ?5)",
        order.ActionId,
        order.Fence,
        order.Kind,
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(order.Payload.GetRawText()))),
        Text(now));

    private void End(string actionId, ActionResult result, bool logTruncated, DateTimeOffset now)
    {
        var (fence, chunks) = database.Query(
            "SELECT fence, log_chunks FROM action WHERE action_id = ?1", row => (row.GetInt64(0), row.GetInt32(1)), actionId)[0];
        var report = new FinishedReport(
            actionId, fence, now, result.Outcome, result.ExitCode, result.Error, chunks, logTruncated, result.Facts);
        database.Run(
            "UPDATE action SET result = ?2, ended_at = ?3 WHERE action_id = ?1", actionId, Json(report), Text(now));
        Report(report);
    }

    private void Report(Report report)
    {
        var body = Json(report);
        var kind = report switch { StartedReport => "started", LogReport => "log", _ => "finished" };
        database.Run(
            "INSERT INTO outbox (action_id, kind, body, size) VALUES (?1, ?2, ?3, ?4)",
            report.ActionId, kind, body, Encoding.UTF8.GetByteCount(body));
    }

    private static string Json(Report report) => JsonSerializer.Serialize(report, WireJson.Default.Report);

    private static string Text(DateTimeOffset moment) => moment.UtcDateTime.ToString("o", CultureInfo.InvariantCulture);
}

/// <param name="Result">Null while it runs, or where the agent died.</param>
public sealed record JournalEntry(string ActionId, long Fence, string Kind, ProcessTrace Trace, FinishedReport? Result);
