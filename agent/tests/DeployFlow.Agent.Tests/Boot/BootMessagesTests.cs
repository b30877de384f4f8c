using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using DeployFlow.Agent.Tests.Fakes;
using DeployFlow.Contracts;
using DeployFlow.Contracts.Boot;

namespace DeployFlow.Agent.Tests.Boot;

/// <summary>The golden messages and vectors of the boot protocol.</summary>
public sealed class BootMessagesTests
{
    private static readonly (string Prefix, JsonTypeInfo Type)[] Requests =
    [
        ("boot-session-request", BootJson.Default.BootSessionRequest),
        ("boot-wait-request", BootJson.Default.BootWaitRequest),
        ("boot-pin-request", BootJson.Default.BootPinRequest),
        ("boot-secret-request", BootJson.Default.BootSecretRequest),
        ("boot-reports-request", BootJson.Default.DeploymentReportsRequest),
        ("boot-plan.", BootJson.Default.DeploymentPlan),
    ];

    private static readonly (string Prefix, JsonTypeInfo Type)[] Answers =
    [
        ("boot-session-response", BootJson.Default.BootSessionResponse),
        ("boot-wait-response", BootJson.Default.BootWaitResponse),
        ("boot-secret-response", BootJson.Default.BootSecretResponse),
        ("boot-reports-response", BootJson.Default.DeploymentReportsResponse),
        ("boot-problem", WireJson.Default.ProblemDocument),
    ];

    public static TheoryData<string> RequestNames => [.. Requests.SelectMany(item => Examples.Names(item.Prefix))];

    public static TheoryData<string> AnswerNames => [.. Answers.SelectMany(item => Examples.Names(item.Prefix))];

    public static TheoryData<string> Keys => [.. Vectors("boot-approval-codes").Select(item => $"{item["public_key"]} {item["nonce"]}")];

    public static TheoryData<string> SealedNames => [.. Vectors("boot-hpke").Select(item => (string)item["name"]!)];

    public static TheoryData<string> SignedNames => [.. Vectors("boot-signatures").Select(item => (string)item["name"]!)];

    [Theory]
    [MemberData(nameof(RequestNames))]
    public void What_the_machine_writes_is_the_golden_request(string name)
    {
        var type = Requests.First(item => $"{name}.".StartsWith(item.Prefix, StringComparison.Ordinal)).Type;
        var written = JsonSerializer.SerializeToNode(JsonSerializer.Deserialize(Examples.Text(name), type), type);
        Assert.True(JsonNode.DeepEquals(WithSameTimes(Examples.Json(name)), WithSameTimes(WithoutAbsent(written!))), written!.ToJsonString());
    }

    [Theory]
    [MemberData(nameof(AnswerNames))]
    public void The_machine_reads_the_golden_answer(string name)
    {
        var type = Answers.First(item => name.StartsWith(item.Prefix, StringComparison.Ordinal)).Type;
        Assert.NotNull(JsonSerializer.Deserialize(Examples.Text(name), type));
    }

    [Fact]
    public void Every_task_of_the_golden_plan_has_a_configuration_that_is_understood()
    {
        var plan = JsonSerializer.Deserialize(Examples.Text("boot-plan"), BootJson.Default.DeploymentPlan)!;
        foreach (var task in plan.Tasks)
        {
            var type = Configurations[task.Type];
            var written = JsonSerializer.SerializeToNode(task.Configuration.Deserialize(type), type);
            Assert.True(JsonNode.DeepEquals(JsonNode.Parse(task.Configuration.GetRawText()), Filled(written!, task.Configuration)), written!.ToJsonString());
        }

        Assert.Equal(Configurations.Keys.Order(), plan.Tasks.Select(task => task.Type).Distinct().Order());
    }

    [Fact]
    public void A_plan_with_an_unknown_field_is_refused()
    {
        var plan = Examples.Json("boot-plan");
        plan["tasks"]![0]!["colour"] = "red";
        Assert.Throws<JsonException>(() => plan.Deserialize(BootJson.Default.DeploymentPlan));
    }

    [Fact]
    public void The_action_that_finishes_a_deployment_is_understood()
    {
        var order = JsonSerializer.Deserialize(Examples.Text("check-in-response-finish-deployment"), WireJson.Default.CheckInResponse)!.Actions!.Single();
        var payload = order.Payload.Deserialize(BootJson.Default.FinishDeploymentPayload)!;
        Assert.Equal([10, 11], payload.Tasks.Select(task => task.Position));
        Assert.Equal("parameter:Password", payload.Secrets!.Single().Name);
    }

    [Theory]
    [MemberData(nameof(Keys))]
    public void Machine_and_console_show_the_same_code(string keyAndNonce)
    {
        var parts = keyAndNonce.Split(' ');
        var vector = Vectors("boot-approval-codes").Single(item => (string)item["public_key"]! == parts[0] && (string)item["nonce"]! == parts[1]);
        Assert.Equal((string?)vector["code"], ApprovalCode.Of(Convert.FromBase64String(parts[0]), parts[1]));
    }

    [Theory]
    [MemberData(nameof(SealedNames))]
    public void A_sealed_message_opens_with_its_own_key_and_info_only(string name)
    {
        var vector = Vectors("boot-hpke").Single(item => (string)item["name"]! == name);
        byte[] Bytes(string field) => Convert.FromBase64String((string)vector[field]!);
        using var key = EphemeralKeys.Of(Bytes("private_key_b64"), Bytes("public_key_b64"));
        byte[] Open() => Hpke.Open(Bytes("sealed"), Bytes("info_b64"), key, Bytes("aad_b64"));
        if (vector["text_b64"] is null)
            Assert.ThrowsAny<CryptographicException>(Open);
        else
            Assert.Equal(Bytes("text_b64"), Open());
    }

    [Fact]
    public void Sealing_with_the_ephemeral_key_of_the_RFC_gives_its_message()
    {
        // https://github.com/cfrg/draft-irtf-cfrg-hpke, test-vectors.json: mode 0, kem 16, kdf 1, aead 2.
        using var ephemeral = EphemeralKeys.Of(
            Convert.FromHexString("90345e3a1d116c1dd39ae76d95ab858c142223a63e44f8f85318cfa91a84858e"),
            Convert.FromHexString("04c06b4f6bebc7bb495cb797ab753f911aff80aefb86fd8b6fcc35525f3ab5f03e0b21bd31a86c6048af3cb2d98e0d3bf01da5cc4c39ff5370d331a4f1f7d5a4e0"));
        var vector = Vectors("boot-hpke").Single(item => (string)item["name"]! == "rfc_9180");
        byte[] Bytes(string field) => Convert.FromBase64String((string)vector[field]!);
        Assert.Equal(Bytes("sealed"), Hpke.Seal(Bytes("text_b64"), Bytes("info_b64"), Bytes("public_key_b64"), ephemeral, Bytes("aad_b64")));
    }

    [Fact]
    public void What_one_key_seals_another_opens()
    {
        using var sender = EphemeralKeys.Store.Create();
        using var recipient = EphemeralKeys.Store.Create();
        var info = Encoding.UTF8.GetBytes("deployflow pin x");
        var sealedPin = Hpke.Seal("40718263"u8.ToArray(), info, recipient.PublicPoint, sender);
        Assert.Equal("40718263", Encoding.UTF8.GetString(Hpke.Open(sealedPin, info, recipient)));
    }

    [Theory]
    [MemberData(nameof(SignedNames))]
    public void A_boot_sessions_request_is_signed_as_the_vector(string name)
    {
        var vector = Vectors("boot-signatures").Single(item => (string)item["name"]! == name);
        if (!(bool)vector["valid"]!)
            return;
        string? Text(string field) => (string?)vector[field];
        var signedBase = "";
        var body = Text("body") is { } text ? Encoding.UTF8.GetBytes(text) : null;
        var fields = MessageSignature.Sign(
            Text("method")!, new Uri($"{Text("scheme")}://{Text("host")}{Text("path")}{Text("query")}"), body is null ? (ReadOnlyMemory<byte>?)null : body,
            new SignatureParameters((long)vector["created"]!, (long)vector["expires"]!, Text("nonce")!, Text("keyid")!, MessageSignature.BootTag),
            data =>
            {
                signedBase = Encoding.ASCII.GetString(data);
                return new byte[64];
            });
        Assert.Equal(Text("signature_base"), signedBase);
        Assert.Equal(Text("signature_input"), fields.SignatureInput);
        var signature = Convert.FromBase64String(Text("signature")![4..^1]);
        Assert.True(EphemeralKeys.Store.Verify(Convert.FromBase64String(Text("public_key_spki_b64")!), Encoding.ASCII.GetBytes(signedBase), signature));
    }

    private static readonly Dictionary<string, JsonTypeInfo> Configurations = new()
    {
        [TaskType.DiskPrep] = BootJson.Default.DiskPrepConfiguration,
        [TaskType.ApplyImage] = BootJson.Default.ApplyImageConfiguration,
        [TaskType.InjectDrivers] = BootJson.Default.InjectDriversConfiguration,
        [TaskType.InjectConfiguration] = BootJson.Default.InjectConfigurationConfiguration,
        [TaskType.InstallAgent] = BootJson.Default.InstallAgentConfiguration,
        [TaskType.Script] = BootJson.Default.ScriptConfiguration,
        [TaskType.SoftwareBundle] = BootJson.Default.SoftwareBundleConfiguration,
        [TaskType.Reboot] = BootJson.Default.RebootConfiguration,
        [TaskType.Wait] = BootJson.Default.WaitConfiguration,
        [TaskType.SetVariable] = BootJson.Default.SetVariableConfiguration,
    };

    private static IEnumerable<JsonObject> Vectors(string name) => Examples.Json(name).AsArray().Select(node => node!.AsObject());

    /// <summary>Optional fields that the original leaves out are written as null; numbers may differ in form.</summary>
    private static JsonNode Filled(JsonNode written, JsonElement original)
    {
        var given = JsonNode.Parse(original.GetRawText())!.AsObject();
        foreach (var (name, value) in written.AsObject().ToList())
        {
            if (value is null && !given.ContainsKey(name))
                written.AsObject().Remove(name);
        }

        return written;
    }

    /// <summary>A condition has one of several forms; the fields of the others are null.</summary>
    private static JsonNode WithoutAbsent(JsonNode node)
    {
        if (node is JsonObject item)
        {
            var isCondition = item.ContainsKey("variable") && item.ContainsKey("any");
            foreach (var (name, value) in item.ToList())
            {
                if (value is null && isCondition)
                    item.Remove(name);
                else if (value is not null)
                    WithoutAbsent(value);
            }
        }

        foreach (var element in (node as JsonArray)?.OfType<JsonNode>() ?? [])
            WithoutAbsent(element);
        return node;
    }

    private static JsonNode WithSameTimes(JsonNode node)
    {
        foreach (var (name, value) in node is JsonObject item ? item.ToList() : [])
        {
            if (name is "at" or "issued_at" or "expires_at" && value is not null)
                node[name] = value.GetValue<DateTimeOffset>().UtcTicks;
            else if (value is not null)
                WithSameTimes(value);
        }

        foreach (var element in (node as JsonArray)?.OfType<JsonNode>() ?? [])
            WithSameTimes(element);
        return node;
    }
}
