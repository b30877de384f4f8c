using System.Text;
using System.Text.Json.Nodes;
using DeployFlow.Agent.Tests.Fakes;
using DeployFlow.Contracts;

namespace DeployFlow.Agent.Tests;

public sealed class MessageSignatureTests
{
    public static TheoryData<string> Vectors => [.. All().Select(vector => (string)vector["name"]!)];

    [Theory]
    [MemberData(nameof(Vectors))]
    public void A_verifier_accepts_and_refuses_as_the_vectors_say(string name)
    {
        var vector = Vector(name);
        var request = new SignedRequest(
            Text(vector, "method")!, Text(vector, "authority")!, Text(vector, "path")!, Text(vector, "query")!,
            Text(vector, "body") is { } body ? Encoding.UTF8.GetBytes(body) : null, Text(vector, "content_digest"),
            Text(vector, "signature_input")!, Text(vector, "signature")!);
        var refusal = SignatureVerifier.Refusal(
            request, Convert.FromBase64String(Text(vector, "public_key_spki_b64")!), DateTimeOffset.FromUnixTimeSeconds((long)vector["created"]!));
        Assert.Equal((bool)vector["valid"]!, refusal is null);
    }

    [Theory]
    [MemberData(nameof(Vectors))]
    public void Signing_gives_the_base_and_fields_of_the_vector(string name)
    {
        var vector = Vector(name);
        if (!(bool)vector["valid"]!)
            return;
        var publicKey = Convert.FromBase64String(Text(vector, "public_key_spki_b64")!);
        var signedBase = "";
        var url = new Uri($"{Text(vector, "scheme")}://{Text(vector, "host")}{Text(vector, "path")}{Text(vector, "query")}");
        var body = Text(vector, "body") is { } text ? Encoding.UTF8.GetBytes(text) : null;
        var fields = MessageSignature.Sign(
            Text(vector, "method")!, url, body is null ? (ReadOnlyMemory<byte>?)null : body,
            new SignatureParameters((long)vector["created"]!, (long)vector["expires"]!, Text(vector, "nonce")!, MessageSignature.KeyId(publicKey)),
            data =>
            {
                signedBase = Encoding.ASCII.GetString(data);
                return new byte[64];
            });
        Assert.Equal(Text(vector, "signature_base"), signedBase);
        Assert.Equal(Text(vector, "signature_input"), fields.SignatureInput);
        Assert.Equal(Text(vector, "content_digest"), fields.ContentDigest);
        Assert.Equal(Text(vector, "authority"), MessageSignature.Authority(url));
    }

    private static JsonObject Vector(string name) => All().Single(vector => (string)vector["name"]! == name);

    private static IEnumerable<JsonObject> All() => Examples.Json("signatures").AsArray().Select(node => node!.AsObject());

    private static string? Text(JsonObject vector, string name) => (string?)vector[name];
}
