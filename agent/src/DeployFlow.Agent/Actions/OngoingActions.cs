using System.Text.Json;
using DeployFlow.Contracts;

namespace DeployFlow.Agent.Actions;

/// <summary>Actions that outlive the agent's death and the machine's restart: their order, and how far they are.</summary>
public sealed class OngoingActions(JournalDatabase database)
{
    /// <summary>Null where it is not one of them, or has not begun.</summary>
    public OngoingAction? Find(string actionId) => database.InTransaction(durable: true, () => database.Query(
        "SELECT action, state, deaths FROM ongoing WHERE action_id = ?1",
        row => new OngoingAction(JsonSerializer.Deserialize(row.GetString(0), WireJson.Default.ActionOrder)!, row.GetString(1), row.GetInt32(2)),
        actionId).FirstOrDefault());

    public void Begin(ActionOrder order, string state) => database.InTransaction(durable: true, () => database.Run(
        "INSERT INTO ongoing (action_id, action, state) VALUES (?1, ?2, ?3)",
        order.ActionId, JsonSerializer.Serialize(order, WireJson.Default.ActionOrder), state));

    /// <summary>Writes how far it is, synced, before the next thing is done.</summary>
    public void Keep(string actionId, string state) => database.InTransaction(durable: true, () => database.Run(
        "UPDATE ongoing SET state = ?2, deaths = 0 WHERE action_id = ?1", actionId, state));

    /// <summary>The agent died while it ran.</summary>
    /// <returns>How often that was, since it last came further.</returns>
    public int CountDeath(string actionId) => database.InTransaction(durable: true, () =>
        (int)database.Number("UPDATE ongoing SET deaths = deaths + 1 WHERE action_id = ?1 RETURNING deaths", actionId));

    /// <summary>It came further without coming to another place, or the agent ends in good order: that is no death.</summary>
    /// <param name="deaths">What the next run begins to count from.</param>
    public void Forgive(string actionId, int deaths) => database.InTransaction(durable: false, () => database.Run(
        "UPDATE ongoing SET deaths = ?2 WHERE action_id = ?1", actionId, deaths));

    public void Remove(string actionId) => database.InTransaction(durable: true, () => database.Run("DELETE FROM ongoing WHERE action_id = ?1", actionId));

    public bool AreThere() => database.InTransaction(durable: true, () => database.Number("SELECT count(*) FROM ongoing") > 0);
}

/// <param name="State">In words of the kind's own.</param>
public sealed record OngoingAction(ActionOrder Order, string State, int Deaths);
