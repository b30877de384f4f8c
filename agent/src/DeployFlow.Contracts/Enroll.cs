using System.Text.Json.Serialization;

namespace DeployFlow.Contracts;

/// <summary><c>POST /agent/v1/enroll</c>: an enrollment token and a new key become a device.</summary>
/// <param name="PublicKey">SubjectPublicKeyInfo in DER, base64.</param>
/// <param name="KeyProtection">One of <see cref="Contracts.KeyProtection"/>.</param>
/// <param name="Tags">To be put on the device beside the token's own.</param>
public sealed record EnrollRequest(
    string Token,
    string PublicKey,
    string KeyProtection,
    string AgentVersion,
    MachineFacts Facts,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<string>? Tags = null);

public sealed record EnrollResponse(string DeviceId, string State, DateTimeOffset ServerTime);

/// <summary>What a machine claims to be. Claims, never credentials.</summary>
public sealed record MachineFacts(
    string Hostname,
    string OsFamily,
    string OsName,
    string OsVersion,
    string Architecture,
    string? Manufacturer,
    string? Model,
    string? Sku,
    string? Serial,
    string? SmbiosUuid,
    IReadOnlyList<string> MacAddresses);

/// <summary>Where the private key of the device lies.</summary>
public static class KeyProtection
{
    public const string Tpm = "tpm";
    public const string Ksp = "ksp";
    public const string Dpapi = "dpapi";
    public const string File = "file";
}

public static class DeviceState
{
    public const string Active = "active";
    public const string Pending = "pending";
}
