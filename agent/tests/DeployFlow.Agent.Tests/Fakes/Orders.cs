using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using DeployFlow.Contracts;

namespace DeployFlow.Agent.Tests.Fakes;

/// <summary>Orders with good defaults.</summary>
internal static class Orders
{
    /// <summary>A script in the language every machine of this system has.</summary>
    public static ActionOrder Script(
        string body, int timeoutS = 60, long logLimit = 1 << 20, string? language = null, IReadOnlyDictionary<string, string>? parameters = null,
        IReadOnlyList<string>? secrets = null)
    {
        var payload = new RunScriptPayload(
            language ?? (OperatingSystem.IsWindows() ? "cmd" : "sh"), body, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(body))), parameters, secrets);
        return Of("run_script", JsonSerializer.SerializeToElement(payload, WireJson.Default.RunScriptPayload)) with
        {
            TimeoutS = timeoutS,
            LogLimitBytes = logLimit,
        };
    }

    public static ActionOrder Of(string kind, JsonElement? payload = null) => new(
        Guid.CreateVersion7().ToString(), 1, kind, 60, DateTimeOffset.UtcNow.AddHours(1), 1 << 20, payload ?? JsonDocument.Parse("{}").RootElement);

    /// <summary>Sleeps for long, having said that it began; the same in sh and cmd.</summary>
    public static string Sleep(int seconds) => OperatingSystem.IsWindows()
        ? $"echo begun\nping -n {seconds + 1} 127.0.0.1 >nul\necho ended\n"
        : $"echo begun\nsleep {seconds}\necho ended\n";
}
