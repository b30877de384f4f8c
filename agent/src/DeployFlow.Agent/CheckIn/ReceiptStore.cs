using DeployFlow.Agent.Actions;

namespace DeployFlow.Agent.CheckIn;

/// <summary>The last receipt of the server, on disk.</summary>
public sealed class ReceiptStore(JournalDatabase database)
{
    private const string Name = "receipt";

    public string? Current { get; private set; } = database.Meta(Name);

    /// <summary>The server gave it to this start of the agent, not to one before.</summary>
    public bool IsOfThisRun { get; private set; }

    public void Keep(string receipt)
    {
        if (receipt != Current)
            database.SetMeta(Name, receipt);
        Current = receipt;
        IsOfThisRun = true;
    }
}
