using System.Text.Json;
using System.Text.Json.Serialization;

namespace DeployFlow.Contracts;

/// <summary><c>POST /agent/v1/check-in</c>: the agent's only idle call, and its heartbeat.</summary>
/// <param name="BootId">UUID of this boot of the operating system.</param>
/// <param name="RunId">UUID of this start of the agent.</param>
/// <param name="Receipt">The last receipt kept, or null.</param>
/// <param name="InventoryHash">Hash of the inventory as the agent has it now; null before it is first gathered.</param>
/// <param name="FreeSlots">The most actions the server may hand out now, 0 to 16.</param>
/// <param name="MaxWaitS">How long the server may hold the call, 0 to 50 seconds.</param>
public sealed record CheckInRequest(
    string BootId,
    string RunId,
    string? Receipt,
    string AgentVersion,
    AgentStatus Status,
    string? InventoryHash,
    IReadOnlyList<RunningAction> Running,
    int FreeSlots,
    int MaxWaitS);

[JsonConverter(typeof(JsonStringEnumConverter<AgentStatus>))]
public enum AgentStatus
{
    [JsonStringEnumMemberName("idle")] Idle,
    [JsonStringEnumMemberName("busy")] Busy,
    [JsonStringEnumMemberName("stopping")] Stopping,
}

/// <param name="Fence">Grows with each hand-out of the action.</param>
public sealed record RunningAction(string ActionId, long Fence);

/// <param name="NextCheckInS">Seconds to wait before the next call.</param>
public sealed record CheckInResponse(
    DateTimeOffset ServerTime,
    string DeviceState,
    int NextCheckInS = 0,
    string? Receipt = null,
    bool WantsInventory = false,
    IReadOnlyList<ActionOrder>? Actions = null,
    IReadOnlyList<string>? Cancel = null);

/// <summary>One thing to do on this device, as the server hands it out.</summary>
/// <param name="TimeoutS">Seconds after which the action's whole process tree is killed.</param>
/// <param name="ExpiresAt">Not to be started at or after this moment.</param>
/// <param name="LogLimitBytes">The most output to send, in bytes of UTF-8.</param>
public sealed record ActionOrder(
    string ActionId,
    long Fence,
    string Kind,
    int TimeoutS,
    DateTimeOffset ExpiresAt,
    long LogLimitBytes,
    JsonElement Payload);

public static class ActionKind
{
    public const string RunScript = "run_script";
    public const string RefreshInventory = "refresh_inventory";
    public const string RestartAgent = "restart_agent";
    public const string FinishDeployment = "finish_deployment";
    public const string InstallSoftware = "install_software";
    public const string UninstallSoftware = "uninstall_software";
    public const string DetectSoftware = "detect_software";
    public const string RestartDevice = "restart_device";
    public const string ShutDownDevice = "shut_down_device";
}

/// <summary>Payloads refuse what they do not know: an action that is not understood in full is not run.</summary>
/// <param name="Sha256">Hex over the body in UTF-8.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record RunScriptPayload(
    string Language,
    string Body,
    string Sha256,
    IReadOnlyDictionary<string, string>? Parameters = null,
    IReadOnlyList<string>? SecretParameters = null);

[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record EmptyPayload;
