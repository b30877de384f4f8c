using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace DeployFlow.Contracts.Boot;

/// <summary>
/// RFC 9180, base mode, one message: DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-256-GCM. A sealed message is
/// <c>enc || ciphertext</c>.
/// </summary>
public static class Hpke
{
    private const int PointSize = 65;
    private const int KeySize = 32;
    private const int NonceSize = 12;
    private const int TagSize = 16;

    private static readonly byte[] KemSuite = [.. "KEM"u8, 0x00, 0x10];
    private static readonly byte[] Suite = [.. "HPKE"u8, 0x00, 0x10, 0x00, 0x01, 0x00, 0x02];

    /// <param name="recipient">Uncompressed point.</param>
    /// <param name="ephemeral">A key that was made for this message alone.</param>
    public static byte[] Seal(byte[] text, byte[] info, byte[] recipient, IKeyAgreement ephemeral, byte[]? aad = null)
    {
        var enc = ephemeral.PublicPoint;
        using var cipher = Cipher(ephemeral.Agree(recipient), enc, recipient, info, out var nonce);
        var message = new byte[PointSize + text.Length + TagSize];
        enc.CopyTo(message, 0);
        cipher.Encrypt(nonce, text, message.AsSpan(PointSize, text.Length), message.AsSpan(PointSize + text.Length), aad);
        return message;
    }

    /// <exception cref="CryptographicException">It was not sealed to this key with this info, or it was changed.</exception>
    public static byte[] Open(byte[] message, byte[] info, IKeyAgreement recipient, byte[]? aad = null)
    {
        if (message.Length < PointSize + TagSize)
            throw new CryptographicException("The sealed message is too short.");
        var enc = message[..PointSize];
        using var cipher = Cipher(recipient.Agree(enc), enc, recipient.PublicPoint, info, out var nonce);
        var text = new byte[message.Length - PointSize - TagSize];
        cipher.Decrypt(nonce, message.AsSpan(PointSize, text.Length), message.AsSpan(PointSize + text.Length), text, aad);
        return text;
    }

    /// <summary>4.1 ExtractAndExpand, then the key schedule of 5.1 with an empty pre-shared key.</summary>
    private static AesGcm Cipher(byte[] agreed, byte[] enc, byte[] recipient, byte[] info, out byte[] nonce)
    {
        var shared = Expand(KemSuite, Extract(KemSuite, [], "eae_prk", agreed), "shared_secret", [.. enc, .. recipient], KeySize);
        byte[] context = [0, .. Extract(Suite, [], "psk_id_hash", []), .. Extract(Suite, [], "info_hash", info)];
        var secret = Extract(Suite, shared, "secret", []);
        nonce = Expand(Suite, secret, "base_nonce", context, NonceSize);
        return new AesGcm(Expand(Suite, secret, "key", context, KeySize), TagSize);
    }

    private static byte[] Extract(byte[] suite, byte[] salt, string label, byte[] material) =>
        HKDF.Extract(HashAlgorithmName.SHA256, [.. "HPKE-v1"u8, .. suite, .. Encoding.ASCII.GetBytes(label), .. material], salt);

    private static byte[] Expand(byte[] suite, byte[] key, string label, byte[] info, int length)
    {
        var size = new byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(size, (ushort)length);
        return HKDF.Expand(HashAlgorithmName.SHA256, key, length, [.. size, .. "HPKE-v1"u8, .. suite, .. Encoding.ASCII.GetBytes(label), .. info]);
    }
}

/// <summary>A P-256 key that can agree on a secret with another.</summary>
public interface IKeyAgreement
{
    /// <summary>Uncompressed: 4, x, y.</summary>
    byte[] PublicPoint { get; }

    /// <summary>The x coordinate, 32 bytes.</summary>
    /// <exception cref="CryptographicException">The other is not a point of the curve.</exception>
    byte[] Agree(byte[] otherPoint);
}
