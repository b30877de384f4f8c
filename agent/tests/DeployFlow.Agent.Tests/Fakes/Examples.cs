using System.Text.Json.Nodes;

namespace DeployFlow.Agent.Tests.Fakes;

/// <summary>The golden messages of contracts/examples.</summary>
internal static class Examples
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "examples");

    public static string Text(string name) => File.ReadAllText(Path.Combine(Folder, $"{name}.json"));

    public static JsonNode Json(string name) => JsonNode.Parse(Text(name))!;

    public static IEnumerable<string> Names(string prefix) =>
        Directory.EnumerateFiles(Folder, $"{prefix}*.json").Select(file => Path.GetFileNameWithoutExtension(file)!).Order(StringComparer.Ordinal);
}
