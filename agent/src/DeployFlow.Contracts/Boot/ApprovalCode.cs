using System.Buffers.Text;
using System.Security.Cryptography;

namespace DeployFlow.Contracts.Boot;

/// <summary>What machine and console both show: whoever swaps the key on the way makes another code.</summary>
public static class ApprovalCode
{
    /// <summary>Crockford's base32: no I, L, O or U to be misread.</summary>
    private const string Alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

    /// <param name="publicKey">SubjectPublicKeyInfo in DER.</param>
    /// <param name="nonce">As the server sent it, base64url.</param>
    public static string Of(byte[] publicKey, string nonce)
    {
        var hash = SHA256.HashData([.. publicKey, .. Base64Url.DecodeFromChars(nonce)]);
        var bits = hash.Take(5).Aggregate(0L, (value, next) => (value << 8) | next);
        var code = string.Concat(Enumerable.Range(0, 8).Select(index => Alphabet[(int)(bits >> (35 - (5 * index))) & 31]));
        return $"{code[..4]}-{code[4..]}";
    }
}
