using System.Text.Json;
using System.Text.Json.Serialization;

namespace DeployFlow.Contracts.Boot;

/// <summary>A file of the server's content store.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record PlanContent(string Sha256, long SizeBytes, string Path);

/// <param name="Preset">uefi_standard, uefi_recovery, keep_data or custom.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record DiskPrepConfiguration(string Preset, DiskSelection Disk, IReadOnlyList<PartitionOrder> Partitions);

/// <param name="Select">first, smallest, largest or by_name.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record DiskSelection(string Select, string? Name = null, double MinGb = 0, bool AllowRemovable = false);

/// <param name="Role">esp, msr, windows, recovery or data.</param>
/// <param name="SizeMb">In MiB; null takes the rest.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record PartitionOrder(string Role, int? SizeMb = null, string? Label = null);

public static class PartitionRole
{
    public const string Esp = "esp";
    public const string Msr = "msr";
    public const string Windows = "windows";
    public const string Recovery = "recovery";
    public const string Data = "data";
}

/// <param name="Pipable">It can be applied while it is downloaded.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record ApplyImageConfiguration(PlanContent Content, int Index, bool Pipable, string Name);

/// <param name="Required">Fails where no pack is given.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record InjectDriversConfiguration(IReadOnlyList<PlanDriverPack> Packs, bool Required = false);

/// <param name="Content">A zip.</param>
/// <param name="Infs">Paths in it, with slashes.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record PlanDriverPack(string Id, string Name, PlanContent Content, IReadOnlyList<string> Infs);

[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record InjectConfigurationConfiguration(
    UnattendModel? Unattend,
    IReadOnlyList<PlanFile> Files,
    IReadOnlyList<RegistryOrder> Registry,
    IReadOnlyList<string> FirstBoot,
    IReadOnlyList<string>? Secrets = null);

/// <param name="Path">From the root of the Windows volume, with backslashes.</param>
/// <param name="Text">Written in UTF-8 where there is no content.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record PlanFile(string Path, PlanContent? Content = null, string? Text = null);

/// <param name="Hive">software, system or default_user.</param>
/// <param name="Kind">sz, expand_sz, dword, qword, multi_sz (a value a line) or binary (hex).</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record RegistryOrder(string Hive, string Key, string Name, string Kind, string Value);

[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record UnattendModel(
    string? Locale = null,
    string? UiLanguage = null,
    string? Keyboard = null,
    string? TimeZone = null,
    string? ComputerName = null,
    string? Organization = null,
    string? Owner = null,
    string? ProductKey = null,
    string? Workgroup = null,
    SecretReference? Administrator = null,
    IReadOnlyList<UnattendAccount>? Accounts = null,
    SecretReference? DomainJoin = null,
    bool SkipOobe = false);

/// <param name="Group">Administrators or Users.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record UnattendAccount(string Name, string Group, SecretReference? Password = null);

/// <param name="Secret">Name to ask the server for while the step runs.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record SecretReference(string Secret);

[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record InstallAgentConfiguration(PlanContent Content, IReadOnlyList<string>? Secrets = null);

/// <param name="Where">boot, first_boot or os.</param>
/// <param name="Secrets">Names such as <c>parameter:Password</c>.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record ScriptConfiguration(
    string Where,
    string Language,
    string Body,
    string Sha256,
    IReadOnlyDictionary<string, string>? Parameters = null,
    IReadOnlyList<string>? Secrets = null,
    IReadOnlyList<int>? SuccessCodes = null,
    IReadOnlyList<int>? RebootCodes = null);

[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record SoftwareBundleConfiguration(IReadOnlyList<JsonElement> Items);

/// <param name="To">environment or os.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record RebootConfiguration(string To);

[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record WaitConfiguration(double? Seconds = null, string? Url = null, int? TimeoutS = null);

[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record SetVariableConfiguration(string Name, string Value);
