using DeployFlow.Contracts;

namespace DeployFlow.Engine.Os;

/// <summary>What this machine is and has.</summary>
public interface IMachine
{
    /// <summary>UUID of this boot of the operating system.</summary>
    string BootId { get; }

    MachineFacts Facts();

    InventoryReport Inventory(string agentVersion);
}
