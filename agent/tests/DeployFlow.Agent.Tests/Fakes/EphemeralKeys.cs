using System.Security.Cryptography;
using DeployFlow.Engine.Os;
using DeployFlow.Engine.Os.Linux;
using DeployFlow.Engine.Os.Windows;

namespace DeployFlow.Agent.Tests.Fakes;

/// <summary>The machine's own kind of session keys, and known ones for vectors.</summary>
internal static class EphemeralKeys
{
    public static readonly IEphemeralKeys Store = OperatingSystem.IsWindows() ? new WindowsEphemeralKeys() : new LinuxEphemeralKeys();

    /// <param name="point">Uncompressed.</param>
    public static IEphemeralKey Of(byte[] privateKey, byte[] point)
    {
        // BCRYPT_ECCPRIVATE_BLOB: magic "ECS2", the length of a coordinate, X, Y, d.
        if (OperatingSystem.IsWindows())
            return new WindowsEphemeralKeys.EphemeralKey([.. "ECS2"u8, 32, 0, 0, 0, .. point[1..], .. privateKey]);
        return new LinuxEphemeralKeys.EphemeralKey(new ECParameters
        {
            Curve = ECCurve.NamedCurves.nistP256,
            D = privateKey,
            Q = new ECPoint { X = point[1..33], Y = point[33..] },
        });
    }
}
