using System.Text.Json;
using DeployFlow.Contracts;

namespace DeployFlow.Agent.Actions;

/// <summary>Reports that the server has not acknowledged yet, in the order in which things happened.</summary>
public sealed class Outbox(JournalDatabase database)
{
    /// <summary>Above this, output is dropped; results never are.</summary>
    public const long MaxBytes = 200L * 1024 * 1024;

    /// <summary>Room for the braces, commas and key of the call around the reports.</summary>
    private const int Envelope = 1024;

    /// <summary>The next reports to send, each under the fence its action has now.</summary>
    public IReadOnlyList<PendingReport> Next(int most = ReportsRequest.MaxReports) => database.InTransaction(durable: true, () =>
    {
        var rows = database.Query(
            "SELECT outbox.id, outbox.body, outbox.size, action.fence FROM outbox JOIN action USING (action_id) ORDER BY outbox.id LIMIT ?1",
            row => (Id: row.GetInt64(0), Body: row.GetString(1), Size: row.GetInt64(2), Fence: row.GetInt64(3)),
            most);
        var pending = new List<PendingReport>();
        var bytes = (long)Envelope;
        foreach (var row in rows)
        {
            // A few bytes more than kept: the fence may have grown.
            bytes += row.Size + 32;
            if (pending.Count > 0 && bytes > ReportsRequest.MaxBytes)
                break;
            var report = JsonSerializer.Deserialize(row.Body, WireJson.Default.Report)!;
            pending.Add(new PendingReport(row.Id, report with { Fence = row.Fence }));
        }

        return pending;
    });

    /// <summary>Forgets what the server has. A result stays whose action was handed out again while it was on its way: it goes once more, under the new fence.</summary>
    public void Remove(IEnumerable<PendingReport> reports) => database.InTransaction(durable: false, () =>
    {
        foreach (var (id, report) in reports)
        {
            database.Run(
                "DELETE FROM outbox WHERE id = ?1 AND (kind <> 'finished' OR NOT EXISTS (SELECT 1 FROM action WHERE action.action_id = outbox.action_id AND action.fence > ?2))",
                id, report.Fence);
        }
    });

    /// <summary>Drops all reports of an action which the server has given up under this fence.</summary>
    /// <returns>False where a newer fence was taken over meanwhile; then the reports stay.</returns>
    public bool DropStale(string actionId, long fence) => database.InTransaction(durable: false, () =>
    {
        if (database.Number("SELECT count(*) FROM action WHERE action_id = ?1 AND fence > ?2", actionId, fence) > 0)
            return false;
        database.Run("DELETE FROM outbox WHERE action_id = ?1", actionId);
        return true;
    });

    public (long Reports, long Bytes) Size() => database.InTransaction(durable: true, () =>
        (database.Number("SELECT count(*) FROM outbox"), database.Number("SELECT coalesce(sum(size), 0) FROM outbox")));
}

public sealed record PendingReport(long Id, Report Report);
