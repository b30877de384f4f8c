namespace DeployFlow.Contracts;

/// <summary><c>PUT /agent/v1/inventory</c>, sent only when its hash changes.</summary>
/// <param name="Hash">SHA-256 in hex over the agent's own JSON of <paramref name="Inventory"/>.</param>
public sealed record InventoryRequest(string Hash, InventoryReport Inventory);

public sealed record InventoryReport(
    string Hostname,
    OsInventory Os,
    HardwareInventory Hardware,
    IReadOnlyList<DiskInventory> Disks,
    IReadOnlyList<VolumeInventory> Volumes,
    IReadOnlyList<NetworkInventory> Networks,
    string? LoggedOnUser,
    DateTimeOffset BootTime,
    string AgentVersion,
    IReadOnlyList<SoftwareInventory> Software);

public sealed record OsInventory(string Family, string Name, string Version, string? Build, string Architecture);

/// <param name="Firmware">uefi, bios or null where it is not known.</param>
public sealed record HardwareInventory(
    string? Manufacturer,
    string? Model,
    string? Sku,
    string? Serial,
    string? SmbiosUuid,
    CpuInventory Cpu,
    long MemoryBytes,
    string? Firmware,
    bool? SecureBoot,
    TpmInventory Tpm);

public sealed record CpuInventory(string? Name, int Cores, int LogicalProcessors);

public sealed record TpmInventory(bool Present, string? Version);

/// <param name="Media">ssd, hdd or null where it is not known.</param>
public sealed record DiskInventory(string Name, string? Model, long SizeBytes, string? Media);

/// <param name="FreeBytes">Rounded down to 1 GiB, so that the hash does not change by itself.</param>
public sealed record VolumeInventory(string Mount, string? FileSystem, long SizeBytes, long FreeBytes);

public sealed record NetworkInventory(string Name, string? Mac, IReadOnlyList<string> Addresses);

public sealed record SoftwareInventory(string Name, string? Version, string? Publisher);
