using System.Runtime.Versioning;
using System.Security.Cryptography;

namespace DeployFlow.Engine.Os.Windows;

/// <summary>Keys of BCrypt: a bare WinPE, like Wine, may have no key storage provider with elliptic curves.</summary>
[SupportedOSPlatform("windows")]
public sealed class WindowsEphemeralKeys : IEphemeralKeys
{
    public IEphemeralKey Create() => new EphemeralKey(BCrypt.NewP256Key());

    public bool Verify(byte[] publicKey, byte[] data, byte[] signature) =>
        P256Point.Of(publicKey) is { } point && BCrypt.Verify(point, SHA256.HashData(data), signature);

    internal sealed class EphemeralKey(byte[] blob) : IEphemeralKey
    {
        public byte[] PublicKey { get; } = BCrypt.SubjectPublicKeyInfo(blob);

        public byte[] PublicPoint => P256Point.Of(PublicKey)!;

        public string Protection => "memory";

        public byte[] Sign(byte[] data) => BCrypt.SignHash(blob, SHA256.HashData(data));

        public byte[] Agree(byte[] otherPoint) => BCrypt.Agree(blob, otherPoint);

        public void Dispose() => CryptographicOperations.ZeroMemory(blob);
    }
}
