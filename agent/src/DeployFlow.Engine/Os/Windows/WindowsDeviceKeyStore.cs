using System.Runtime.Versioning;
using System.Security.Cryptography;

namespace DeployFlow.Engine.Os.Windows;

/// <summary>The best place this machine has for a key: its TPM, else the software provider, else a DPAPI file.</summary>
[SupportedOSPlatform("windows")]
public sealed class WindowsDeviceKeyStore(DataDirectory data) : IDeviceKeyStore
{
    private readonly IDeviceKeyStore[] _stores =
        [CngDeviceKeyStore.InTpm(data), CngDeviceKeyStore.InSoftware(data), new DpapiDeviceKeyStore(data)];

    public IDeviceKey? Open()
    {
        foreach (var store in _stores)
        {
            if (Try(store.Open) is { } key)
                return key;
        }

        return null;
    }

    public IDeviceKey Create()
    {
        foreach (var store in _stores)
        {
            if (Try(store.Create) is { } key)
                return key;
        }

        throw new CryptographicException("This machine can neither make nor seal an ECDSA P-256 key.");
    }

    private static IDeviceKey? Try(Func<IDeviceKey?> act)
    {
        try
        {
            return act();
        }
        catch (Exception error) when (error is CryptographicException or PlatformNotSupportedException)
        {
            return null;
        }
    }
}
