using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace DeployFlow.Engine.Os.Windows;

/// <summary>Agreement on a secret, and verification. Blobs differ from those of signing keys in their magic only.</summary>
internal static unsafe partial class BCrypt
{
    private const string PublicBlob = "ECCPUBLICBLOB";
    private const string RawSecret = "TRUNCATE";
    private const uint EcdhPrivate = 0x324B4345;
    private const uint EcdhPublic = 0x314B4345;
    private const uint EcdsaPublic = 0x31534345;
    private const int CoordinateSize = 32;

    /// <summary>The x coordinate of the agreed point.</summary>
    public static byte[] Agree(byte[] blob, byte[] otherPoint)
    {
        Check(OpenProvider(out var algorithm, "ECDH_P256", null, 0));
        nint own = 0, other = 0, secret = 0;
        try
        {
            byte[] ownBlob = [.. blob];
            BinaryPrimitives.WriteUInt32LittleEndian(ownBlob, EcdhPrivate);
            Check(Import(algorithm, PrivateBlob, ownBlob, out own));
            Check(Import(algorithm, PublicBlob, PublicKeyBlob(EcdhPublic, otherPoint), out other));
            Check(SecretAgreement(own, other, out secret, 0));
            var agreed = new byte[CoordinateSize];
            fixed (byte* output = agreed)
                Check(DeriveKey(secret, RawSecret, null, output, agreed.Length, out _, 0));
            // BCrypt gives the number with its lowest byte first.
            Array.Reverse(agreed);
            return agreed;
        }
        finally
        {
            if (secret != 0)
                _ = DestroySecret(secret);
            if (other != 0)
                _ = DestroyKey(other);
            if (own != 0)
                _ = DestroyKey(own);
            _ = CloseProvider(algorithm, 0);
        }
    }

    public static bool Verify(byte[] point, byte[] hash, byte[] signature)
    {
        var algorithm = OpenP256();
        nint key = 0;
        try
        {
            if (Import(algorithm, PublicBlob, PublicKeyBlob(EcdsaPublic, point), out key) != 0)
                return false;
            fixed (byte* input = hash)
            fixed (byte* given = signature)
                return VerifySignature(key, null, input, hash.Length, given, signature.Length, 0) == 0;
        }
        finally
        {
            if (key != 0)
                _ = DestroyKey(key);
            _ = CloseProvider(algorithm, 0);
        }
    }

    private static byte[] PublicKeyBlob(uint magic, byte[] point)
    {
        var blob = new byte[HeaderSize + PointSize];
        BinaryPrimitives.WriteUInt32LittleEndian(blob, magic);
        BinaryPrimitives.WriteInt32LittleEndian(blob.AsSpan(4), CoordinateSize);
        point.AsSpan(1).CopyTo(blob.AsSpan(HeaderSize));
        return blob;
    }

    private static int Import(nint algorithm, string type, byte[] blob, out nint key)
    {
        fixed (byte* pointer = blob)
            return ImportKeyPair(algorithm, 0, type, out key, pointer, blob.Length, 0);
    }

    [LibraryImport(Library, EntryPoint = "BCryptSecretAgreement")]
    private static partial int SecretAgreement(nint privateKey, nint publicKey, out nint secret, uint flags);

    [LibraryImport(Library, EntryPoint = "BCryptDeriveKey", StringMarshalling = StringMarshalling.Utf16)]
    private static partial int DeriveKey(nint secret, string function, void* parameters, byte* output, int size, out int written, uint flags);

    [LibraryImport(Library, EntryPoint = "BCryptDestroySecret")]
    private static partial int DestroySecret(nint secret);

    [LibraryImport(Library, EntryPoint = "BCryptVerifySignature")]
    private static partial int VerifySignature(nint key, void* padding, byte* input, int inputSize, byte* signature, int signatureSize, uint flags);
}
