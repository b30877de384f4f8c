using System.Runtime.Versioning;
using System.Security.Cryptography;
using DeployFlow.Contracts;

namespace DeployFlow.Engine.Os.Windows;

/// <summary>
/// A BCrypt key in a file sealed by DPAPI for this machine: where no key storage provider has elliptic curves
/// (Wine, a bare WinPE).
/// </summary>
[SupportedOSPlatform("windows")]
internal sealed class DpapiDeviceKeyStore(DataDirectory data) : IDeviceKeyStore
{
    private static readonly byte[] Purpose = "deployflow device key"u8.ToArray();

    public IDeviceKey? Open() =>
        File.Exists(data.DeviceKey)
            ? new DpapiDeviceKey(ProtectedData.Unprotect(File.ReadAllBytes(data.DeviceKey), Purpose, DataProtectionScope.LocalMachine))
            : null;

    public IDeviceKey Create()
    {
        var blob = BCrypt.NewP256Key();
        data.Files.Write(data.DeviceKey, ProtectedData.Protect(blob, Purpose, DataProtectionScope.LocalMachine));
        return new DpapiDeviceKey(blob);
    }

    private sealed class DpapiDeviceKey(byte[] blob) : IDeviceKey
    {
        public byte[] PublicKey { get; } = BCrypt.SubjectPublicKeyInfo(blob);

        public string Protection => KeyProtection.Dpapi;

        public byte[] Sign(byte[] data) => BCrypt.SignHash(blob, SHA256.HashData(data));

        public void Dispose() => CryptographicOperations.ZeroMemory(blob);
    }
}
