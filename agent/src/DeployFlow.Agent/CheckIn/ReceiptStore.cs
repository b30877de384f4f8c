using DeployFlow.Agent.Actions;

namespace DeployFlow.Agent.CheckIn;

/// <summary>The last receipt of the server, on disk.</summary>
public sealed class ReceiptStore(JournalDatabase database)
{
    private const string Name = "receipt";

    public string? Current { get; private set; } = database.Meta(Name);

    public void Keep(string receipt)
    {
        if (receipt == Current)
            return;
        database.SetMeta(Name, receipt);
        Current = receipt;
    }
}
