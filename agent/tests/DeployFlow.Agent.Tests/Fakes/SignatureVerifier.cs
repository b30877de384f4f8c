using System.Text;
using System.Text.RegularExpressions;
using DeployFlow.Contracts;

namespace DeployFlow.Agent.Tests.Fakes;

/// <summary>The server's side of the signature profile, as strict as the protocol.</summary>
internal static class SignatureVerifier
{
    private static readonly Regex Input = new(
        """^(?<components>\([^)]*\));created=(?<created>\d+);expires=(?<expires>\d+);nonce="(?<nonce>[A-Za-z0-9_-]{22})";keyid="(?<keyid>[A-Za-z0-9_-]{43})";alg="ecdsa-p256-sha256";tag="(?<tag>[a-z-]+)"$""",
        RegexOptions.ExplicitCapture,
        TimeSpan.FromSeconds(1));

    /// <returns>Null where the request is good, else what is wrong with it.</returns>
    public static string? Refusal(SignedRequest request, byte[] publicKey, DateTimeOffset now, string tag = MessageSignature.Tag)
    {
        if (!request.SignatureInput.StartsWith("df=", StringComparison.Ordinal) || !request.Signature.StartsWith("df=:", StringComparison.Ordinal))
            return "label_wrong";
        var input = request.SignatureInput[3..];
        if (Input.Match(input) is not { Success: true } match)
            return "parameters_wrong";
        if (match.Groups["tag"].Value != tag)
            return "tag_wrong";
        var wanted = MessageSignature.Input(new SignatureParameters(0, 0, "", ""), request.Body is not null);
        if (match.Groups["components"].Value != wanted[..(wanted.IndexOf(')', StringComparison.Ordinal) + 1)])
            return "components_wrong";
        var created = long.Parse(match.Groups["created"].ValueSpan);
        var lifetime = long.Parse(match.Groups["expires"].ValueSpan) - created;
        if (lifetime is <= 0 or > 300)
            return "lifetime_too_long";
        if (Math.Abs(now.ToUnixTimeSeconds() - created) > 300)
            return ProblemCode.ClockSkew;
        if (match.Groups["keyid"].Value != MessageSignature.KeyId(publicKey))
            return "key_unknown";
        if (request.Body is { } body && request.ContentDigest != MessageSignature.ContentDigest(body))
            return request.ContentDigest is null ? "content_digest_missing" : "content_digest_mismatch";
        byte[] signature;
        try
        {
            signature = Convert.FromBase64String(request.Signature[4..^1]);
        }
        catch (FormatException)
        {
            return "signature_malformed";
        }

        if (signature.Length != 64)
            return "signature_malformed";
        var text = MessageSignature.Base(request.Method, request.Authority, request.Path, request.Query, request.ContentDigest, input);
        return P256.Verify(publicKey, Encoding.ASCII.GetBytes(text), signature) ? null : "signature_mismatch";
    }
}

internal sealed record SignedRequest(
    string Method, string Authority, string Path, string Query, byte[]? Body, string? ContentDigest, string SignatureInput, string Signature);
