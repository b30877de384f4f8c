using System.Text.Json;
using System.Text.Json.Serialization;

namespace DeployFlow.Contracts.Boot;

/// <summary>
/// What one machine is to do, frozen and signed by the server. A plan that is not understood in full is not carried
/// out, so nothing in it may be unknown.
/// </summary>
/// <param name="Session">Thumbprint of the session key it was made for.</param>
/// <param name="ResumeAt">Position to begin with.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record DeploymentPlan(
    int Format,
    string DeploymentId,
    string Session,
    DateTimeOffset IssuedAt,
    DateTimeOffset ExpiresAt,
    string DeviceId,
    string ComputerName,
    PlanProfile Profile,
    PlanServer Server,
    int ResumeAt,
    DiskIds DiskIds,
    IReadOnlyDictionary<string, string> Variables,
    IReadOnlyList<PlanTask> Tasks)
{
    public const int KnownFormat = 1;
}

[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record PlanProfile(string Id, string Name, int Version);

/// <param name="CaPem">Certificates to trust beside the system's.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record PlanServer(string Url, string? CaPem);

/// <summary>The server picks the ids, so that the boot store can name partitions that do not exist yet.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record DiskIds(Guid Disk, Guid Esp, Guid Msr, Guid Windows, Guid Recovery, Guid Data);

/// <param name="Phase">boot or os.</param>
/// <param name="Condition">See <see cref="PlanCondition"/>; null runs always.</param>
/// <param name="Configuration">One of the records of this folder, by <paramref name="Type"/>.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record PlanTask(
    int Position,
    string Id,
    string Type,
    string Name,
    string Phase,
    PlanCondition? Condition,
    int TimeoutS,
    int Retries,
    bool ContinueOnError,
    JsonElement Configuration);

/// <summary>Exactly one form: a comparison, or <c>all</c>, <c>any</c>, <c>not</c>.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record PlanCondition(
    string? Variable = null,
    string? Op = null,
    string? Value = null,
    IReadOnlyList<PlanCondition>? All = null,
    IReadOnlyList<PlanCondition>? Any = null,
    PlanCondition? Not = null);

public static class DeploymentPhase
{
    public const string Boot = "boot";
    public const string Os = "os";
}

public static class TaskType
{
    public const string DiskPrep = "disk_prep";
    public const string ApplyImage = "apply_image";
    public const string InjectDrivers = "inject_drivers";
    public const string InjectConfiguration = "inject_configuration";
    public const string InstallAgent = "install_agent";
    public const string Script = "script";
    public const string SoftwareBundle = "software_bundle";
    public const string Reboot = "reboot";
    public const string Wait = "wait";
    public const string SetVariable = "set_variable";
}

/// <summary>Payload of the action <c>finish_deployment</c>: the tasks of the phase <c>os</c>.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record FinishDeploymentPayload(
    string DeploymentId,
    IReadOnlyList<PlanTask> Tasks,
    IReadOnlyDictionary<string, string> Variables,
    IReadOnlyList<StepSecret>? Secrets = null);

[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record StepSecret(int Position, string Name, string Value);
