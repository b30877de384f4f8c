using System.Text.Json.Serialization;

namespace DeployFlow.Contracts;

/// <summary>Payload of install_software, uninstall_software and detect_software: items one after the other.</summary>
/// <param name="StartWithinS">Downloads begin at a random moment within so many seconds: the same order went to many machines.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record SoftwarePayload(IReadOnlyList<SoftwareOrder> Items, int StartWithinS = 0);

/// <param name="OsFamily">windows or linux: other machines leave the item out.</param>
/// <param name="Command">A program and its arguments, with <c>{installer}</c> and <c>{folder}</c>; null where only detection is asked.</param>
/// <param name="Installer">What <c>{installer}</c> stands for; null where the command names none.</param>
/// <param name="ContinueOnError">The items behind it are done although this one fails.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record SoftwareOrder(
    string SoftwareId,
    string VersionId,
    string Name,
    string Version,
    string OsFamily,
    string? Architecture,
    string? MinOsVersion,
    string? Command,
    int TimeoutS,
    DetectionRule? Detection,
    IReadOnlyList<ExitCodeMeaning> ExitCodes,
    SoftwareInstaller? Installer,
    bool ContinueOnError = false);

/// <param name="Meaning">success, reboot, retry or failed.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record ExitCodeMeaning(long Code, string Meaning)
{
    public const string Success = "success";
    public const string Reboot = "reboot";
    public const string Retry = "retry";
}

/// <param name="FileName">Plain letters: the server made it so.</param>
/// <param name="Chunks">SHA-256 of each piece of <paramref name="ChunkBytes"/>, the last may be shorter.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record SoftwareInstaller(string FileName, string Sha256, long SizeBytes, long ChunkBytes, IReadOnlyList<string> Chunks);

/// <summary>How a machine tells whether an item is there. Which fields are given depends on the type.</summary>
/// <param name="Type">file, registry, msi, package or script.</param>
/// <param name="Comparison">exists, eq, ge, gt, le or lt.</param>
/// <param name="Version">What is compared with; of a registry value, its data.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record DetectionRule(
    string Type,
    string Comparison = "exists",
    string? Version = null,
    string? Path = null,
    string? Key = null,
    string? Value = null,
    string? ProductCode = null,
    string? Name = null,
    string? Language = null,
    string? Body = null);

public static class DetectionType
{
    public const string File = "file";
    public const string Registry = "registry";
    public const string Msi = "msi";
    public const string Package = "package";
    public const string Script = "script";
}

/// <summary>What came of one item, under <c>software</c> of the action's result.</summary>
/// <param name="Outcome">One of <see cref="SoftwareOutcome"/>.</param>
/// <param name="State">installed, missing or unknown, as was last seen.</param>
/// <param name="Reboot">It is done with the next restart of the machine.</param>
public sealed record SoftwareResult(
    string SoftwareId, string VersionId, string Outcome, string State, string? Version, int? ExitCode, bool Reboot, ActionError? Error);

public static class SoftwareOutcome
{
    public const string Installed = "installed";
    public const string AlreadyInstalled = "already_installed";
    public const string Uninstalled = "uninstalled";
    public const string AlreadyAbsent = "already_absent";
    public const string Detected = "detected";
    public const string Failed = "failed";
    public const string NotForThisDevice = "not_for_this_device";
}

public static class SoftwareState
{
    public const string Installed = "installed";
    public const string Missing = "missing";
    public const string Unknown = "unknown";
}

/// <summary>Payload of restart_device and shut_down_device.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record PowerPayload(int DelayS = 0);
