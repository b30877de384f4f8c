using System.Security.Cryptography;

namespace DeployFlow.Engine.Os.Linux;

/// <summary>Keys of the platform's own cryptography.</summary>
public sealed class LinuxEphemeralKeys : IEphemeralKeys
{
    public IEphemeralKey Create()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return new EphemeralKey(key.ExportParameters(includePrivateParameters: true));
    }

    public bool Verify(byte[] publicKey, byte[] data, byte[] signature)
    {
        using var key = ECDsa.Create();
        key.ImportSubjectPublicKeyInfo(publicKey, out _);
        return key.VerifyData(data, signature, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
    }

    internal sealed class EphemeralKey(ECParameters parameters) : IEphemeralKey
    {
        private readonly ECDsa _signing = ECDsa.Create(parameters);
        private readonly ECDiffieHellman _agreeing = ECDiffieHellman.Create(parameters);

        public byte[] PublicKey => _signing.ExportSubjectPublicKeyInfo();

        public byte[] PublicPoint => P256Point.Of(PublicKey)!;

        public string Protection => "memory";

        public byte[] Sign(byte[] data) => _signing.SignData(data, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);

        public byte[] Agree(byte[] otherPoint)
        {
            using var other = ECDiffieHellman.Create();
            other.ImportSubjectPublicKeyInfo(P256Point.PublicKey(otherPoint), out _);
            return _agreeing.DeriveRawSecretAgreement(other.PublicKey);
        }

        public void Dispose()
        {
            _signing.Dispose();
            _agreeing.Dispose();
        }
    }
}
