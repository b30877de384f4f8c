using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace DeployFlow.Engine.Os.Windows;

/// <summary>ECDSA P-256 by BCrypt. A key is a BCRYPT_ECCPRIVATE_BLOB: magic, length, X, Y, d.</summary>
internal static unsafe partial class BCrypt
{
    private const string Library = "bcrypt";
    private const string PrivateBlob = "ECCPRIVATEBLOB";
    private const int HeaderSize = 8;
    private const int PointSize = 64;
    private const int SignatureSize = 64;

    /// <summary>DER of SubjectPublicKeyInfo for P-256 up to and with the mark of an uncompressed point.</summary>
    private static readonly byte[] SpkiPrefix =
        Convert.FromHexString("3059301306072a8648ce3d020106082a8648ce3d03010703420004");

    public static byte[] NewP256Key()
    {
        var algorithm = OpenP256();
        try
        {
            Check(GenerateKeyPair(algorithm, out var key, 256, 0));
            try
            {
                Check(FinalizeKeyPair(key, 0));
                Check(ExportKey(key, 0, PrivateBlob, null, 0, out var size, 0));
                var blob = new byte[size];
                fixed (byte* pointer = blob)
                    Check(ExportKey(key, 0, PrivateBlob, pointer, size, out _, 0));
                return blob;
            }
            finally
            {
                _ = DestroyKey(key);
            }
        }
        finally
        {
            _ = CloseProvider(algorithm, 0);
        }
    }

    public static byte[] SubjectPublicKeyInfo(byte[] blob) => [.. SpkiPrefix, .. blob.AsSpan(HeaderSize, PointSize)];

    /// <summary>64 bytes <c>r || s</c>.</summary>
    public static byte[] SignHash(byte[] blob, byte[] hash)
    {
        var algorithm = OpenP256();
        try
        {
            nint key;
            fixed (byte* pointer = blob)
                Check(ImportKeyPair(algorithm, 0, PrivateBlob, out key, pointer, blob.Length, 0));
            try
            {
                var signature = new byte[SignatureSize];
                fixed (byte* input = hash)
                fixed (byte* output = signature)
                    Check(SignHash(key, null, input, hash.Length, output, signature.Length, out _, 0));
                return signature;
            }
            finally
            {
                _ = DestroyKey(key);
            }
        }
        finally
        {
            _ = CloseProvider(algorithm, 0);
        }
    }

    private static nint OpenP256()
    {
        Check(OpenProvider(out var algorithm, "ECDSA_P256", null, 0));
        return algorithm;
    }

    private static void Check(int status)
    {
        if (status != 0)
            throw new CryptographicException($"BCrypt answered 0x{status:x8}.");
    }

    [LibraryImport(Library, EntryPoint = "BCryptOpenAlgorithmProvider", StringMarshalling = StringMarshalling.Utf16)]
    private static partial int OpenProvider(out nint algorithm, string name, string? implementation, uint flags);

    [LibraryImport(Library, EntryPoint = "BCryptCloseAlgorithmProvider")]
    private static partial int CloseProvider(nint algorithm, uint flags);

    [LibraryImport(Library, EntryPoint = "BCryptGenerateKeyPair")]
    private static partial int GenerateKeyPair(nint algorithm, out nint key, int length, uint flags);

    [LibraryImport(Library, EntryPoint = "BCryptFinalizeKeyPair")]
    private static partial int FinalizeKeyPair(nint key, uint flags);

    [LibraryImport(Library, EntryPoint = "BCryptExportKey", StringMarshalling = StringMarshalling.Utf16)]
    private static partial int ExportKey(nint key, nint exportKey, string type, byte* output, int size, out int written, uint flags);

    [LibraryImport(Library, EntryPoint = "BCryptImportKeyPair", StringMarshalling = StringMarshalling.Utf16)]
    private static partial int ImportKeyPair(nint algorithm, nint importKey, string type, out nint key, byte* input, int size, uint flags);

    [LibraryImport(Library, EntryPoint = "BCryptSignHash")]
    private static partial int SignHash(nint key, void* padding, byte* input, int inputSize, byte* output, int outputSize, out int written, uint flags);

    [LibraryImport(Library, EntryPoint = "BCryptDestroyKey")]
    private static partial int DestroyKey(nint key);
}
