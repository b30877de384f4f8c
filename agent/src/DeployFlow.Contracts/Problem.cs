namespace DeployFlow.Contracts;

/// <summary>An RFC 9457 problem document. The agent acts on status and code, never on text.</summary>
/// <param name="ServerTime">Only with <see cref="ProblemCode.ClockSkew"/>.</param>
public sealed record ProblemDocument(
    string? Type = null,
    string? Title = null,
    int? Status = null,
    string? Detail = null,
    string? Code = null,
    string? RequestId = null,
    DateTimeOffset? ServerTime = null);

public static class ProblemCode
{
    public const string SignatureMissing = "signature_missing";
    public const string SignatureInvalid = "signature_invalid";
    public const string KeyUnknown = "key_unknown";
    public const string ClockSkew = "clock_skew";
    public const string Replayed = "replayed";
    public const string DevicePending = "device_pending";
    public const string DeviceRevoked = "device_revoked";
    public const string DeviceQuarantined = "device_quarantined";
    public const string TokenInvalid = "token_invalid";
    public const string TokenExpired = "token_expired";
    public const string TokenUsedUp = "token_used_up";
    public const string TokenRevoked = "token_revoked";
    public const string TokenNotAllowedHere = "token_not_allowed_here";
}
