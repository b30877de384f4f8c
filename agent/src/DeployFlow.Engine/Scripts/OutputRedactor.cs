using System.Buffers;
using System.Text;

namespace DeployFlow.Engine.Scripts;

/// <summary>
/// Replaces secret values in a stream of text. What might be the beginning of a secret at the end of a piece is held
/// back until it is decided, so the result does not depend on how the stream was cut.
/// </summary>
public sealed class OutputRedactor
{
    public const string Mask = "••••••";

    private const int ShortestLine = 4;

    private readonly string[] _patterns;
    private readonly SearchValues<char> _firsts;
    private readonly StringBuilder _output = new();
    private string _held = "";

    public OutputRedactor(IEnumerable<string> secrets)
    {
        _patterns = [.. secrets.SelectMany(Forms).Where(form => form.Length > 0).Distinct().OrderByDescending(form => form.Length)];
        _firsts = SearchValues.Create([.. _patterns.Select(pattern => pattern[0]).Distinct()]);
    }

    /// <summary>Takes the next piece and gives all that is decided.</summary>
    public string Push(string text) => _patterns.Length == 0 ? text : Take(_held + text, final: false);

    /// <summary>Gives what was held back: the stream ended.</summary>
    public string Finish() => Take(_held, final: true);

    /// <summary>A secret as itself, line by line, and as base64 of its UTF-8 and UTF-16 (as PowerShell encodes commands).</summary>
    private static IEnumerable<string> Forms(string secret)
    {
        yield return secret;
        foreach (var line in secret.Split('\n').Select(line => line.Trim('\r')).Where(line => line.Length >= ShortestLine))
            yield return line;
        foreach (var bytes in new[] { Encoding.UTF8.GetBytes(secret), Encoding.Unicode.GetBytes(secret) })
        {
            var base64 = Convert.ToBase64String(bytes);
            yield return base64;
            yield return base64.TrimEnd('=');
            yield return base64.TrimEnd('=').Replace('+', '-').Replace('/', '_');
        }
    }

    private string Take(string text, bool final)
    {
        _output.Clear();
        var rest = text.AsSpan();
        while (rest.Length > 0)
        {
            var next = rest.IndexOfAny(_firsts);
            if (next < 0)
                next = rest.Length;
            _output.Append(rest[..next]);
            rest = rest[next..];
            if (rest.Length == 0)
                break;
            if (!final && MayGoOn(rest))
                break;
            var match = LongestMatch(rest);
            if (match > 0)
                _output.Append(Mask);
            else
                _output.Append(rest[0]);
            rest = rest[Math.Max(match, 1)..];
        }

        _held = rest.ToString();
        return _output.ToString();
    }

    private bool MayGoOn(ReadOnlySpan<char> rest)
    {
        foreach (var pattern in _patterns)
        {
            if (pattern.Length > rest.Length && pattern.AsSpan().StartsWith(rest, StringComparison.Ordinal))
                return true;
        }

        return false;
    }

    private int LongestMatch(ReadOnlySpan<char> rest)
    {
        foreach (var pattern in _patterns)
        {
            if (rest.StartsWith(pattern, StringComparison.Ordinal))
                return pattern.Length;
        }

        return 0;
    }
}
