using System.Text.Json;
using System.Text.Json.Serialization;
using DeployFlow.Contracts;

namespace DeployFlow.Agent.Software;

/// <summary>How far an order of software is, as the journal keeps it.</summary>
/// <param name="Item">The one it is at.</param>
/// <param name="Runs">How often that one's command was begun.</param>
/// <param name="Results">Of those before it.</param>
public sealed record SoftwareProgress(int Item, int Runs, IReadOnlyList<SoftwareResult> Results)
{
    public static readonly SoftwareProgress Start = new(0, 0, []);

    public static SoftwareProgress Read(string text) => JsonSerializer.Deserialize(text, SoftwareJson.Default.SoftwareProgress)!;

    public string Text() => JsonSerializer.Serialize(this, SoftwareJson.Default.SoftwareProgress);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(SoftwareProgress))]
internal sealed partial class SoftwareJson : JsonSerializerContext;
