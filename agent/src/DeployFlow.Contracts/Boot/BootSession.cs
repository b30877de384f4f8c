namespace DeployFlow.Contracts.Boot;

/// <summary><c>POST /boot/v1/sessions</c>: a machine in a boot environment says who it claims to be.</summary>
/// <param name="PublicKey">SubjectPublicKeyInfo in DER, base64; the key lives as long as the session.</param>
/// <param name="Environment">linux or winpe.</param>
public sealed record BootSessionRequest(
    string PublicKey, string? Site, string? ProfileId, string Environment, string AgentVersion, BootFacts Facts);

/// <summary>Claims, never credentials.</summary>
/// <param name="Firmware">uefi or bios.</param>
public sealed record BootFacts(
    string? Hostname,
    string? Manufacturer,
    string? Model,
    string? Sku,
    string? Serial,
    string? SmbiosUuid,
    IReadOnlyList<string> MacAddresses,
    string Firmware,
    bool? SecureBoot,
    long MemoryBytes,
    string? Cpu,
    IReadOnlyList<BootDisk> Disks);

/// <param name="Name">As the boot environment calls it: <c>/dev/nvme0n1</c>, <c>PhysicalDrive0</c>.</param>
/// <param name="Media">ssd, hdd or null where it is not known.</param>
public sealed record BootDisk(string Name, string? Model, string? Serial, long SizeBytes, string? Media, bool Removable);

/// <param name="Nonce">base64url; makes the approval code together with the key.</param>
public sealed record BootSessionResponse(
    string SessionId, string Nonce, string State, string? SiteName, string? ProfileName, DateTimeOffset ServerTime);

public sealed record BootWaitRequest(int MaxWaitS);

/// <param name="Plan">base64 of the plan's exact bytes; only when approved.</param>
/// <param name="Signature">base64 of <c>r || s</c> over these bytes, by the server's boot key.</param>
public sealed record BootWaitResponse(
    string State, string? Reason, string? DeploymentId, string? Plan, string? Signature, DateTimeOffset ServerTime);

/// <param name="Sealed">The PIN, by HPKE to the server's boot key.</param>
public sealed record BootPinRequest(string Sealed, string? ProfileId)
{
    public static byte[] Info(string sessionId) => System.Text.Encoding.UTF8.GetBytes($"deployflow pin {sessionId}");
}

public sealed record BootSecretRequest(int Position, string Name)
{
    public byte[] Info(string deploymentId) => System.Text.Encoding.UTF8.GetBytes($"deployflow secret {deploymentId} {Position} {Name}");
}

/// <param name="Sealed">The secret, by HPKE to the session's key.</param>
public sealed record BootSecretResponse(string Sealed);

public static class BootSessionState
{
    public const string Waiting = "waiting";
    public const string Approved = "approved";
    public const string Denied = "denied";
    public const string Expired = "expired";
    public const string Ended = "ended";
}

public static class BootProblemCode
{
    public const string SessionOver = "session_over";
    public const string PinWrong = "pin_wrong";
    public const string TooManyPins = "too_many_pins";
    public const string ProfileNotAllowed = "profile_not_allowed";
    public const string StepNotRunning = "step_not_running";
    public const string SecretTaken = "secret_taken";
}
