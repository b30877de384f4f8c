using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using System.Security.Cryptography;

namespace DeployFlow.Agent.Tests.Fakes;

/// <summary>
/// Verifies ECDSA P-256 signatures. On Windows by BCrypt: .NET's ECDsa keeps even a public key in a key storage
/// provider, and Wine's has no elliptic curves.
/// </summary>
internal static unsafe partial class P256
{
    private const int PointSize = 64;

    /// <summary>DER of SubjectPublicKeyInfo for P-256 up to and with the mark of an uncompressed point.</summary>
    private static readonly byte[] SpkiPrefix = Convert.FromHexString("3059301306072a8648ce3d020106082a8648ce3d03010703420004");

    /// <param name="publicKey">SubjectPublicKeyInfo in DER.</param>
    /// <param name="signature">64 bytes <c>r || s</c> over SHA-256 of <paramref name="data"/>.</param>
    public static bool Verify(byte[] publicKey, byte[] data, byte[] signature)
    {
        if (OperatingSystem.IsWindows())
            return VerifyByBCrypt(publicKey, SHA256.HashData(data), signature);
        using var key = ECDsa.Create();
        key.ImportSubjectPublicKeyInfo(publicKey, out _);
        return key.VerifyData(data, signature, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
    }

    [SupportedOSPlatform("windows")]
    private static bool VerifyByBCrypt(byte[] publicKey, byte[] hash, byte[] signature)
    {
        const int invalidSignature = unchecked((int)0xc000a000);
        Assert.True(publicKey.AsSpan().StartsWith(SpkiPrefix) && publicKey.Length == SpkiPrefix.Length + PointSize, "Not a P-256 key.");
        // BCRYPT_ECCPUBLIC_BLOB: magic "ECS1", the length of a coordinate, X, Y.
        byte[] blob = [.. "ECS1"u8, 32, 0, 0, 0, .. publicKey.AsSpan(SpkiPrefix.Length)];
        Check(OpenProvider(out var algorithm, "ECDSA_P256", null, 0));
        nint key = 0;
        try
        {
            fixed (byte* bytes = blob)
                Check(ImportKeyPair(algorithm, 0, "ECCPUBLICBLOB", out key, bytes, blob.Length, 0));
            fixed (byte* input = hash)
            fixed (byte* signed = signature)
            {
                var status = VerifySignature(key, null, input, hash.Length, signed, signature.Length, 0);
                if (status != invalidSignature)
                    Check(status);
                return status == 0;
            }
        }
        finally
        {
            if (key != 0)
                _ = DestroyKey(key);
            _ = CloseProvider(algorithm, 0);
        }
    }

    private static void Check(int status) => Assert.True(status == 0, $"BCrypt answered 0x{status:x8}.");

    [LibraryImport("bcrypt", EntryPoint = "BCryptOpenAlgorithmProvider", StringMarshalling = StringMarshalling.Utf16)]
    private static partial int OpenProvider(out nint algorithm, string name, string? implementation, uint flags);

    [LibraryImport("bcrypt", EntryPoint = "BCryptCloseAlgorithmProvider")]
    private static partial int CloseProvider(nint algorithm, uint flags);

    [LibraryImport("bcrypt", EntryPoint = "BCryptImportKeyPair", StringMarshalling = StringMarshalling.Utf16)]
    private static partial int ImportKeyPair(nint algorithm, nint importKey, string type, out nint key, byte* input, int size, uint flags);

    [LibraryImport("bcrypt", EntryPoint = "BCryptVerifySignature")]
    private static partial int VerifySignature(nint key, void* padding, byte* hash, int hashSize, byte* signature, int signatureSize, uint flags);

    [LibraryImport("bcrypt", EntryPoint = "BCryptDestroyKey")]
    private static partial int DestroyKey(nint key);
}
