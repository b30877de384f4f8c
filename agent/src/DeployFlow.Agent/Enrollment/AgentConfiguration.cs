using System.Text.Json;
using System.Text.Json.Serialization;
using DeployFlow.Engine.Os;

namespace DeployFlow.Agent.Enrollment;

/// <summary><c>agent.json</c>: what enrollment settled. Written in one step, readable by the agent's account only.</summary>
/// <param name="Proxy">URL of a proxy; null for the system's.</param>
/// <param name="DmiTable">A file to read SMBIOS tables from instead of the firmware's; for tests.</param>
public sealed record AgentConfiguration(
    string Server,
    string DeviceId,
    string KeyProtection,
    DateTimeOffset EnrolledAt,
    string? Proxy = null,
    bool ExtraCa = false,
    bool InsecureHttp = false,
    string? DmiTable = null)
{
    public static AgentConfiguration? Load(DataDirectory data)
    {
        if (!File.Exists(data.Configuration))
            return null;
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(data.Configuration), ConfigurationJson.Default.AgentConfiguration);
        }
        catch (JsonException error)
        {
            throw new SettingsException($"{data.Configuration} is damaged ({error.Message}); remove it and enroll again.");
        }
    }

    public void Save(DataDirectory data) =>
        data.Files.Write(data.Configuration, JsonSerializer.SerializeToUtf8Bytes(this, ConfigurationJson.Default.AgentConfiguration));
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true)]
[JsonSerializable(typeof(AgentConfiguration))]
internal sealed partial class ConfigurationJson : JsonSerializerContext;
