using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Text;
using DeployFlow.Contracts;

namespace DeployFlow.Engine.Os.Windows;

/// <summary>A machine key in a key storage provider of Windows; it cannot be exported.</summary>
[SupportedOSPlatform("windows")]
internal sealed class CngDeviceKeyStore(DataDirectory data, CngProvider provider, string protection) : IDeviceKeyStore
{
    public static readonly CngProvider Tpm = new("Microsoft Platform Crypto Provider");

    /// <summary>Two agents with two data folders have two keys.</summary>
    private string Name => "DeployFlow Agent " + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(data.Path)))[..16];

    public IDeviceKey? Open() =>
        CngKey.Exists(Name, provider, CngKeyOpenOptions.MachineKey)
            ? new CngDeviceKey(CngKey.Open(Name, provider, CngKeyOpenOptions.MachineKey), protection)
            : null;

    public IDeviceKey Create() => new CngDeviceKey(
        CngKey.Create(CngAlgorithm.ECDsaP256, Name, new CngKeyCreationParameters
        {
            Provider = provider,
            KeyCreationOptions = CngKeyCreationOptions.MachineKey | CngKeyCreationOptions.OverwriteExistingKey,
            ExportPolicy = CngExportPolicies.None,
            KeyUsage = CngKeyUsages.Signing,
        }),
        protection);

    private sealed class CngDeviceKey : IDeviceKey
    {
        private readonly ECDsaCng _key;

        public CngDeviceKey(CngKey key, string protection)
        {
            using (key)
                _key = new ECDsaCng(key);
            PublicKey = _key.ExportSubjectPublicKeyInfo();
            Protection = protection;
            // A provider that makes a key but cannot sign with it must be found out here, not at the first check-in.
            _ = Sign([0]);
        }

        public byte[] PublicKey { get; }

        public string Protection { get; }

        public byte[] Sign(byte[] data) => _key.SignData(data, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);

        public void Dispose() => _key.Dispose();
    }

    public static IDeviceKeyStore InTpm(DataDirectory data) => new CngDeviceKeyStore(data, Tpm, KeyProtection.Tpm);

    public static IDeviceKeyStore InSoftware(DataDirectory data) =>
        new CngDeviceKeyStore(data, CngProvider.MicrosoftSoftwareKeyStorageProvider, KeyProtection.Ksp);
}
