namespace DeployFlow.Engine.Os;

/// <summary>The device's identity: an ECDSA P-256 key that was made here and does not leave.</summary>
public interface IDeviceKey : IDisposable
{
    /// <summary>SubjectPublicKeyInfo in DER.</summary>
    byte[] PublicKey { get; }

    /// <summary>tpm, ksp, dpapi or file.</summary>
    string Protection { get; }

    /// <summary>64 bytes <c>r || s</c> over SHA-256 of <paramref name="data"/>.</summary>
    byte[] Sign(byte[] data);
}

public interface IDeviceKeyStore
{
    /// <summary>Null where there is no key yet.</summary>
    IDeviceKey? Open();

    /// <summary>Makes a new key and keeps it; an old one is lost.</summary>
    IDeviceKey Create();
}
