using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace DeployFlow.Contracts;

/// <summary><c>POST /agent/v1/reports</c>: what happened, in order, resent until acknowledged.</summary>
public sealed record ReportsRequest(IReadOnlyList<Report> Reports)
{
    /// <summary>The most reports a call may carry.</summary>
    public const int MaxReports = 200;

    /// <summary>The most bytes a call may carry.</summary>
    public const int MaxBytes = 1024 * 1024;
}

public sealed record ReportsResponse(IReadOnlyList<ReportResult> Results, IReadOnlyList<string>? Cancel = null);

/// <param name="Outcome">accepted, duplicate, stale or unknown; each acknowledges its report.</param>
public sealed record ReportResult(string Outcome)
{
    public const string Stale = "stale";
}

[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(StartedReport), "started")]
[JsonDerivedType(typeof(LogReport), "log")]
[JsonDerivedType(typeof(FinishedReport), "finished")]
public abstract record Report(string ActionId, long Fence, DateTimeOffset At);

public sealed record StartedReport(string ActionId, long Fence, DateTimeOffset At) : Report(ActionId, Fence, At);

/// <param name="Seq">From 0 for each action, without gaps.</param>
/// <param name="Text">At most <see cref="MaxTextBytes"/> of UTF-8.</param>
public sealed record LogReport(string ActionId, long Fence, DateTimeOffset At, int Seq, LogSource Stream, string Text)
    : Report(ActionId, Fence, At)
{
    public const int MaxTextBytes = 16 * 1024;
}

public sealed record FinishedReport(
    string ActionId,
    long Fence,
    DateTimeOffset At,
    ActionOutcome Outcome,
    int? ExitCode,
    ActionError? Error,
    int LogChunks,
    bool LogTruncated,
    JsonObject Result) : Report(ActionId, Fence, At);

[JsonConverter(typeof(JsonStringEnumConverter<LogSource>))]
public enum LogSource
{
    [JsonStringEnumMemberName("out")] Out,
    [JsonStringEnumMemberName("err")] Err,
    [JsonStringEnumMemberName("agent")] Agent,
}

[JsonConverter(typeof(JsonStringEnumConverter<ActionOutcome>))]
public enum ActionOutcome
{
    [JsonStringEnumMemberName("succeeded")] Succeeded,
    [JsonStringEnumMemberName("failed")] Failed,
    [JsonStringEnumMemberName("timed_out")] TimedOut,
    [JsonStringEnumMemberName("cancelled")] Cancelled,
    [JsonStringEnumMemberName("expired")] Expired,
    [JsonStringEnumMemberName("interrupted")] Interrupted,
}

public sealed record ActionError(string Code, string Message);

/// <summary>The reserved codes of a <c>finished</c> report.</summary>
public static class ErrorCode
{
    public const string TimedOut = "timed_out";
    public const string Cancelled = "cancelled";
    public const string AgentDied = "agent_died";
    public const string UnsupportedKind = "unsupported_kind";
    public const string InvalidPayload = "invalid_payload";
    public const string HashMismatch = "hash_mismatch";
    public const string PowershellUnavailable = "powershell_unavailable";
    public const string InterpreterMissing = "interpreter_missing";
    public const string StartFailed = "start_failed";
    public const string NonZeroExit = "non_zero_exit";
    public const string DiskFull = "disk_full";
    public const string CommandNotFound = "command_not_found";
    public const string DownloadFailed = "download_failed";
    public const string NotDetected = "not_detected";
    public const string StillDetected = "still_detected";
    public const string DetectionFailed = "detection_failed";
    public const string NotForThisDevice = "not_for_this_device";
    public const string RestartRefused = "restart_refused";
}
