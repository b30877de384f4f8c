using System.Security.Cryptography;
using System.Text;

namespace DeployFlow.Contracts;

/// <summary>
/// The one profile of RFC 9421 that the agent protocol uses: label <c>df</c>, five fixed components,
/// ECDSA P-256 with SHA-256. Both the signing agent and the tests' verifying server build the base here.
/// </summary>
public static class MessageSignature
{
    public const string Label = "df";
    public const string Tag = "deployflow-agent";

    /// <summary>Of a machine in a boot environment, with the key of its session.</summary>
    public const string BootTag = "deployflow-boot";

    public const string Algorithm = "ecdsa-p256-sha256";

    /// <summary>How long a signature is good, in seconds; the server allows at most 300.</summary>
    public const int LifetimeSeconds = 120;

    private const string Components = "\"@method\" \"@authority\" \"@path\" \"@query\"";

    /// <summary>Signs a request and gives the header fields to send with it.</summary>
    /// <param name="body">Null where the request has no body; then no digest is made or covered.</param>
    /// <param name="sign">Makes the 64 bytes <c>r || s</c> over the bytes it is given.</param>
    public static SignedFields Sign(
        string method, Uri url, ReadOnlyMemory<byte>? body, SignatureParameters parameters, Func<byte[], byte[]> sign)
    {
        var digest = body is { } bytes ? ContentDigest(bytes.Span) : null;
        var input = Input(parameters, digest is not null);
        var signature = sign(Encoding.ASCII.GetBytes(Base(method, Authority(url), Path(url), Query(url), digest, input)));
        return new SignedFields(digest, $"{Label}={input}", $"{Label}=:{Convert.ToBase64String(signature)}:");
    }

    /// <summary>The signature base of RFC 9421, 2.5.</summary>
    /// <param name="input">The value of <c>Signature-Input</c> after the label.</param>
    public static string Base(string method, string authority, string path, string query, string? digest, string input)
    {
        var text = new StringBuilder()
            .Append("\"@method\": ").Append(method).Append('\n')
            .Append("\"@authority\": ").Append(authority).Append('\n')
            .Append("\"@path\": ").Append(path).Append('\n')
            .Append("\"@query\": ").Append(query.Length == 0 ? "?" : query).Append('\n');
        if (digest is not null)
            text.Append("\"content-digest\": ").Append(digest).Append('\n');
        return text.Append("\"@signature-params\": ").Append(input).ToString();
    }

    /// <summary>The value of <c>Signature-Input</c> after the label.</summary>
    public static string Input(SignatureParameters parameters, bool coversBody) =>
        $"({Components}{(coversBody ? " \"content-digest\"" : "")});created={parameters.Created};expires={parameters.Expires}"
        + $";nonce=\"{parameters.Nonce}\";keyid=\"{parameters.KeyId}\";alg=\"{Algorithm}\";tag=\"{parameters.Tag}\"";

    /// <summary>RFC 9530: <c>sha-256=:…:</c>.</summary>
    public static string ContentDigest(ReadOnlySpan<byte> body) => $"sha-256=:{Convert.ToBase64String(SHA256.HashData(body))}:";

    /// <summary>Lower case, without a default port; an IPv6 address in brackets.</summary>
    public static string Authority(Uri url)
    {
#pragma warning disable CA1308 // RFC 9421, 2.2.3 asks for lower case.
        var host = url.Host.ToLowerInvariant();
#pragma warning restore CA1308
        return url.IsDefaultPort ? host : $"{host}:{url.Port}";
    }

    /// <summary>base64url without padding of SHA-256 over SubjectPublicKeyInfo in DER.</summary>
    public static string KeyId(ReadOnlySpan<byte> publicKey) => Base64Url(SHA256.HashData(publicKey));

    public static string NewNonce() => Base64Url(RandomNumberGenerator.GetBytes(16));

    private static string Path(Uri url) => url.AbsolutePath;

    private static string Query(Uri url) => url.Query;

    private static string Base64Url(ReadOnlySpan<byte> bytes) => System.Buffers.Text.Base64Url.EncodeToString(bytes);
}

/// <param name="Created">Unix seconds by the server's clock.</param>
/// <param name="Expires">Unix seconds by the server's clock.</param>
public sealed record SignatureParameters(long Created, long Expires, string Nonce, string KeyId, string Tag = MessageSignature.Tag)
{
    public static SignatureParameters At(DateTimeOffset now, string keyId, string tag = MessageSignature.Tag)
    {
        var created = now.ToUnixTimeSeconds();
        return new SignatureParameters(created, created + MessageSignature.LifetimeSeconds, MessageSignature.NewNonce(), keyId, tag);
    }
}

/// <summary>The header fields that make a request a signed one.</summary>
public sealed record SignedFields(string? ContentDigest, string SignatureInput, string Signature);
