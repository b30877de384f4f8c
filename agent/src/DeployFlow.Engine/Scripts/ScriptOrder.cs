using System.Security.Cryptography;
using System.Text;
using DeployFlow.Contracts;

namespace DeployFlow.Engine.Scripts;

/// <summary>A script that was checked and may be run.</summary>
/// <param name="Id">Id of the action; marks the processes.</param>
public sealed record ScriptOrder(
    string Id, string Language, string Body, IReadOnlyDictionary<string, string> Variables, IReadOnlyList<string> Secrets, long LogLimitBytes)
{
    /// <summary>Checks a payload. Gives either the order or what is wrong with it.</summary>
    public static (ScriptOrder? Order, ActionResult? Refusal) Of(string id, RunScriptPayload payload, long logLimitBytes)
    {
        if (!Interpreters.IsKnown(payload.Language))
            return (null, Invalid($"The language {payload.Language} is not known here."));
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(payload.Body)));
        if (!string.Equals(hash, payload.Sha256, StringComparison.OrdinalIgnoreCase))
            return (null, ActionResult.Failed(ErrorCode.HashMismatch, "The script's body does not have the SHA-256 that was announced."));

        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in payload.Parameters ?? new Dictionary<string, string>())
        {
            if (!IsParameterName(name) || value is null || value.Contains('\0', StringComparison.Ordinal))
                return (null, Invalid($"The parameter {name} cannot be an environment variable."));
            if (!variables.TryAdd("DF_" + name.ToUpperInvariant(), value))
                return (null, Invalid($"The parameter {name} is given twice."));
        }

        var secrets = new List<string>();
        foreach (var name in payload.SecretParameters ?? [])
        {
            if (!variables.TryGetValue("DF_" + name.ToUpperInvariant(), out var value))
                return (null, Invalid($"The secret parameter {name} has no value."));
            secrets.Add(value);
        }

        return (new ScriptOrder(id, payload.Language, payload.Body, variables, secrets, logLimitBytes), null);
    }

    private static bool IsParameterName(string name) =>
        name.Length is > 0 and <= 64
        && !char.IsAsciiDigit(name[0])
        && name.All(character => char.IsAsciiLetterOrDigit(character) || character == '_');

    private static ActionResult Invalid(string message) => ActionResult.Failed(ErrorCode.InvalidPayload, message);
}
