using DeployFlow.Contracts.Boot;

namespace DeployFlow.Engine.Os;

/// <summary>P-256 keys that live in memory only: the identity of one boot session.</summary>
public interface IEphemeralKeys
{
    IEphemeralKey Create();

    /// <param name="publicKey">SubjectPublicKeyInfo in DER.</param>
    /// <param name="signature">64 bytes <c>r || s</c> over SHA-256 of <paramref name="data"/>.</param>
    bool Verify(byte[] publicKey, byte[] data, byte[] signature);

    /// <summary>The uncompressed point of a SubjectPublicKeyInfo.</summary>
    /// <exception cref="System.Security.Cryptography.CryptographicException">It is not one of a P-256 key.</exception>
    byte[] Point(byte[] publicKey) => P256Point.Of(publicKey) ?? throw new System.Security.Cryptography.CryptographicException("It is no P-256 key.");
}

/// <summary>Signs, and agrees on secrets.</summary>
public interface IEphemeralKey : IDeviceKey, IKeyAgreement;

internal static class P256Point
{
    private const int PointSize = 65;

    /// <summary>DER of SubjectPublicKeyInfo up to and with the mark of an uncompressed point.</summary>
    private static readonly byte[] SpkiPrefix = Convert.FromHexString("3059301306072a8648ce3d020106082a8648ce3d03010703420004");

    /// <summary>The uncompressed point of a SubjectPublicKeyInfo; null where it is not one of a P-256 key.</summary>
    public static byte[]? Of(byte[] publicKey) =>
        publicKey.Length == SpkiPrefix.Length + PointSize - 1 && publicKey.AsSpan().StartsWith(SpkiPrefix) ? publicKey[^PointSize..] : null;

    public static byte[] PublicKey(byte[] point) => [.. SpkiPrefix, .. point[1..]];
}
