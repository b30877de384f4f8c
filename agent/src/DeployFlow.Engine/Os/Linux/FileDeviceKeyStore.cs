using System.Security.Cryptography;
using DeployFlow.Contracts;

namespace DeployFlow.Engine.Os.Linux;

/// <summary>The key as PKCS#8 PEM in a file that only root may read.</summary>
public sealed class FileDeviceKeyStore(DataDirectory data) : IDeviceKeyStore
{
    public IDeviceKey? Open()
    {
        if (!File.Exists(data.DeviceKey))
            return null;
        var key = ECDsa.Create();
        key.ImportFromPem(File.ReadAllText(data.DeviceKey));
        return new FileDeviceKey(key);
    }

    public IDeviceKey Create()
    {
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        data.Files.Write(data.DeviceKey, System.Text.Encoding.ASCII.GetBytes(key.ExportPkcs8PrivateKeyPem()));
        return new FileDeviceKey(key);
    }

    private sealed class FileDeviceKey(ECDsa key) : IDeviceKey
    {
        public byte[] PublicKey { get; } = key.ExportSubjectPublicKeyInfo();

        public string Protection => KeyProtection.File;

        public byte[] Sign(byte[] data) => key.SignData(data, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);

        public void Dispose() => key.Dispose();
    }
}
