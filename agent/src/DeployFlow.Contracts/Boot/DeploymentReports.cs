using System.Text.Json.Serialization;

namespace DeployFlow.Contracts.Boot;

/// <summary><c>POST …/deployments/{id}/reports</c>: how a deployment goes, in order, resent until acknowledged.</summary>
public sealed record DeploymentReportsRequest(IReadOnlyList<DeploymentReport> Reports);

/// <param name="Command">null or <see cref="Abort"/>.</param>
public sealed record DeploymentReportsResponse(IReadOnlyList<ReportResult> Results, string? Command = null)
{
    public const string Abort = "abort";
}

/// <param name="Seq">From 0, without gaps.</param>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(StepStartedReport), "step_started")]
[JsonDerivedType(typeof(ProgressReport), "progress")]
[JsonDerivedType(typeof(StepLogReport), "log")]
[JsonDerivedType(typeof(StepFinishedReport), "step_finished")]
[JsonDerivedType(typeof(PhaseFinishedReport), "phase_finished")]
[JsonDerivedType(typeof(RescueLogReport), "rescue_log")]
public abstract record DeploymentReport(int Seq, DateTimeOffset At);

/// <param name="Attempt">From 1.</param>
public sealed record StepStartedReport(int Seq, DateTimeOffset At, int Position, int Attempt) : DeploymentReport(Seq, At);

public sealed record ProgressReport(int Seq, DateTimeOffset At, int Position, double? Percent, long? BytesDone, long? BytesTotal, string? Text)
    : DeploymentReport(Seq, At);

public sealed record StepLogReport(int Seq, DateTimeOffset At, int Position, StepLogSource Stream, string Text) : DeploymentReport(Seq, At);

/// <param name="Variables">What the step set; the server hands it to whoever goes on.</param>
public sealed record StepFinishedReport(
    int Seq, DateTimeOffset At, int Position, int Attempt, StepOutcome Outcome, ActionError? Error, IReadOnlyDictionary<string, string> Variables)
    : DeploymentReport(Seq, At);

public sealed record PhaseFinishedReport(int Seq, DateTimeOffset At, string Phase, StepOutcome Outcome, ActionError? Error)
    : DeploymentReport(Seq, At);

/// <summary>What a person needs to understand a failed machine: the last output, the kernel's log, disks, network.</summary>
public sealed record RescueLogReport(int Seq, DateTimeOffset At, string Name, string Text) : DeploymentReport(Seq, At);

[JsonConverter(typeof(JsonStringEnumConverter<StepLogSource>))]
public enum StepLogSource
{
    [JsonStringEnumMemberName("out")] Out,
    [JsonStringEnumMemberName("err")] Err,
    [JsonStringEnumMemberName("engine")] Engine,
}

[JsonConverter(typeof(JsonStringEnumConverter<StepOutcome>))]
public enum StepOutcome
{
    [JsonStringEnumMemberName("succeeded")] Succeeded,
    [JsonStringEnumMemberName("failed")] Failed,
    [JsonStringEnumMemberName("skipped")] Skipped,
}

/// <summary>Why a step, or a phase, failed.</summary>
public static class StepErrorCode
{
    public const string NoDisk = "no_disk";
    public const string DiskTooSmall = "disk_too_small";
    public const string DiskInUse = "disk_in_use";
    public const string DiskNotEmpty = "disk_not_empty";
    public const string PartitionFailed = "partition_failed";
    public const string FormatFailed = "format_failed";
    public const string DownloadFailed = "download_failed";
    public const string HashMismatch = "hash_mismatch";
    public const string ImageDamaged = "image_damaged";
    public const string ApplyFailed = "apply_failed";
    public const string OutOfSpace = "out_of_space";
    public const string NoMatchingDriver = "no_matching_driver";
    public const string BootFilesMissing = "boot_files_missing";
    public const string BootStoreFailed = "boot_store_failed";
    public const string RegistryFailed = "registry_failed";
    public const string UnattendInvalid = "unattend_invalid";
    public const string SecretUnavailable = "secret_unavailable";
    public const string ScriptFailed = "script_failed";
    public const string SoftwareFailed = "software_failed";
    public const string TimedOut = "timed_out";
    public const string UnsupportedTask = "unsupported_task";
    public const string ConditionInvalid = "condition_invalid";
    public const string ServerUnreachable = "server_unreachable";
    public const string PlanInvalid = "plan_invalid";
    public const string ClockWrong = "clock_wrong";
    public const string Aborted = "aborted";
}
