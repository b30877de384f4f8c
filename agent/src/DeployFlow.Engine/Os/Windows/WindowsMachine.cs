using System.Runtime.Versioning;
using DeployFlow.Contracts;

namespace DeployFlow.Engine.Os.Windows;

[SupportedOSPlatform("windows")]
public sealed class WindowsMachine(string? dmiTable, TimeProvider time) : IMachine
{
    public string BootId { get; } = Guid.NewGuid().ToString();

    public MachineFacts Facts() => throw new NotSupportedException(dmiTable + time);

    public InventoryReport Inventory(string agentVersion) => throw new NotSupportedException();
}
