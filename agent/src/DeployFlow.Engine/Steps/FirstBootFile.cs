using System.Text.Json;
using System.Text.Json.Serialization;

namespace DeployFlow.Engine.Steps;

/// <summary>
/// <c>first-boot.json</c> in the agent's data folder: what a deployment or a package leaves for the agent's first run. The
/// token lies beside it, in a file of its own.
/// </summary>
/// <param name="ExtraCa">Certificates to trust lie beside it.</param>
/// <param name="DeploymentId">Null where a package was installed.</param>
/// <param name="Tags">To be put on the device; only from a package.</param>
public sealed record FirstBootFile(string Server, bool InsecureHttp, bool ExtraCa, string? DeploymentId, IReadOnlyList<string>? Tags = null)
{
    public const string Name = "first-boot.json";
    public const string Token = "enrollment.token";

    public byte[] Bytes() => JsonSerializer.SerializeToUtf8Bytes(this, FirstBootJson.Default.FirstBootFile);

    /// <exception cref="JsonException">It is damaged.</exception>
    public static FirstBootFile Read(string path) =>
        JsonSerializer.Deserialize(File.ReadAllBytes(path), FirstBootJson.Default.FirstBootFile) ?? throw new JsonException("It is empty.");
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true)]
[JsonSerializable(typeof(FirstBootFile))]
internal sealed partial class FirstBootJson : JsonSerializerContext;
