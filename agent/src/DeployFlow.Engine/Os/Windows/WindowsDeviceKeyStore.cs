using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Text;

namespace DeployFlow.Engine.Os.Windows;

/// <summary>
/// The best place this machine has for a key: its TPM, else the software provider, else a DPAPI file. The key file in
/// the data folder says where the key is, so removing the folder forgets a key that lies elsewhere too.
/// </summary>
[SupportedOSPlatform("windows")]
public sealed class WindowsDeviceKeyStore(DataDirectory data) : IDeviceKeyStore
{
    private const string Reference = "key storage provider: ";

    private readonly (string Name, IDeviceKeyStore Store)[] _providers =
        [("tpm", CngDeviceKeyStore.InTpm(data)), ("software", CngDeviceKeyStore.InSoftware(data))];

    private readonly DpapiDeviceKeyStore _sealed = new(data);

    public IDeviceKey? Open()
    {
        if (!File.Exists(data.DeviceKey))
            return null;
        var provider = Array.Find(_providers, provider => File.ReadAllBytes(data.DeviceKey).AsSpan().SequenceEqual(Content(provider.Name)));
        return provider.Store is { } store ? store.Open() : _sealed.Open();
    }

    public IDeviceKey Create()
    {
        foreach (var (name, store) in _providers)
        {
            try
            {
                var key = store.Create();
                data.Files.Write(data.DeviceKey, Content(name));
                return key;
            }
            catch (Exception error) when (error is CryptographicException or PlatformNotSupportedException)
            {
                // This machine has no such provider, or it has no elliptic curves.
            }
        }

        return _sealed.Create();
    }

    private static byte[] Content(string provider) => Encoding.ASCII.GetBytes(Reference + provider);
}
