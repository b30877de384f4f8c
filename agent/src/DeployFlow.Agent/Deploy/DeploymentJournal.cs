using System.Text.Json;
using System.Text.Json.Serialization;
using DeployFlow.Agent.Actions;
using DeployFlow.Contracts;
using DeployFlow.Contracts.Boot;
using DeployFlow.Engine.Steps;
using Microsoft.Data.Sqlite;

namespace DeployFlow.Agent.Deploy;

/// <summary>How far the installed system has come with a deployment, so that restarts and power cuts do not lose the place.</summary>
public sealed class DeploymentJournal(JournalDatabase database)
{
    private const string Select = "SELECT action, position, attempt, variables, restart_from, error FROM deployment WHERE action_id = ?1";

    /// <summary>The deployment of an action, from where it stands; null where it is not known.</summary>
    public DeploymentEntry? Find(string actionId) =>
        database.InTransaction(durable: true, () => database.Query(Select, Read, actionId).FirstOrDefault());

    public void Begin(ActionOrder order, PhasePosition from, IReadOnlyDictionary<string, string> variables) => database.InTransaction(durable: true, () => database.Run(
        "INSERT INTO deployment (action_id, action, position, attempt, variables) VALUES (?1, ?2, ?3, ?4, ?5)",
        order.ActionId, JsonSerializer.Serialize(order, WireJson.Default.ActionOrder), from.Position, from.Attempt, Text(variables)));

    /// <param name="restartFrom">Id of the boot that is to end before it goes on; null where none is.</param>
    public void Keep(string actionId, PhasePosition next, IReadOnlyDictionary<string, string> variables, string? restartFrom) =>
        database.InTransaction(durable: true, () => database.Run(
            "UPDATE deployment SET position = ?2, attempt = ?3, variables = ?4, restart_from = ?5 WHERE action_id = ?1",
            actionId, next.Position, next.Attempt, Text(variables), restartFrom));

    /// <summary>The steps have ended; what is left is to tell the server.</summary>
    public void Failed(string actionId, ActionError error) => database.InTransaction(durable: true, () => database.Run(
        "UPDATE deployment SET error = ?2 WHERE action_id = ?1", actionId, JsonSerializer.Serialize(error, DeploymentJson.Default.ActionError)));

    /// <summary>Forgets it, with the secrets of its order and what the server has not taken.</summary>
    public void Remove(string actionId)
    {
        database.InTransaction(durable: true, () =>
        {
            database.Run("DELETE FROM deployment WHERE action_id = ?1", actionId);
            database.Run("DELETE FROM deployment_report WHERE action_id = ?1", actionId);
        });
        database.ForgetFormer();
    }

    public IReportStore Reports(string actionId) => new JournalReportStore(database, actionId);

    private static DeploymentEntry Read(SqliteDataReader row) => new(
        JsonSerializer.Deserialize(row.GetString(0), WireJson.Default.ActionOrder)!,
        new PhasePosition(row.GetInt32(1), row.GetInt32(2)),
        JsonSerializer.Deserialize(row.GetString(3), DeploymentJson.Default.DictionaryStringString)!,
        row.IsDBNull(4) ? null : row.GetString(4),
        row.IsDBNull(5) ? null : JsonSerializer.Deserialize(row.GetString(5), DeploymentJson.Default.ActionError));

    private static string Text(IReadOnlyDictionary<string, string> variables) =>
        JsonSerializer.Serialize(new Dictionary<string, string>(variables), DeploymentJson.Default.DictionaryStringString);
}

/// <param name="RestartFrom">Id of the boot that was to end; null where no restart was asked for.</param>
/// <param name="Error">How it ended, where it did.</param>
public sealed record DeploymentEntry(
    ActionOrder Order, PhasePosition From, Dictionary<string, string> Variables, string? RestartFrom, ActionError? Error);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(Dictionary<string, string>))]
[JsonSerializable(typeof(ActionError))]
internal sealed partial class DeploymentJson : JsonSerializerContext;

/// <summary>In the installed system: what the server has not acknowledged outlives restarts.</summary>
internal sealed class JournalReportStore(JournalDatabase database, string actionId) : IReportStore
{
    public int LastSeq => database.InTransaction(durable: false, () =>
        (int)database.Number("SELECT coalesce(max(next_seq), 0) - 1 FROM deployment WHERE action_id = ?1", actionId));

    public bool IsEmpty => database.InTransaction(durable: false, () =>
        database.Number("SELECT count(*) FROM deployment_report WHERE action_id = ?1", actionId) == 0);

    public void Append(DeploymentReport report) => database.InTransaction(durable: report is StepFinishedReport or PhaseFinishedReport, () =>
    {
        var seq = (int)database.Number("UPDATE deployment SET next_seq = next_seq + 1 WHERE action_id = ?1 RETURNING next_seq - 1", actionId);
        database.Run(
            "INSERT INTO deployment_report (action_id, seq, body) VALUES (?1, ?2, ?3)",
            actionId, seq, JsonSerializer.Serialize(report with { Seq = seq }, BootJson.Default.DeploymentReport));
    });

    public IReadOnlyList<DeploymentReport> Next(int most, int mostBytes) => database.InTransaction(durable: false, () =>
    {
        var bytes = 0;
        return database.Query("SELECT body FROM deployment_report WHERE action_id = ?1 ORDER BY seq LIMIT ?2", row => row.GetString(0), actionId, most)
            .TakeWhile(body => (bytes += body.Length) <= mostBytes || bytes == body.Length)
            .Select(body => JsonSerializer.Deserialize(body, BootJson.Default.DeploymentReport)!)
            .ToList();
    });

    public void RemoveThrough(int seq) => database.InTransaction(durable: false, () =>
        database.Run("DELETE FROM deployment_report WHERE action_id = ?1 AND seq <= ?2", actionId, seq));
}
