using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using DeployFlow.Agent.Tests.Fakes;
using DeployFlow.Contracts;

namespace DeployFlow.Agent.Tests;

public sealed class GoldenMessagesTests
{
    private static readonly (string Prefix, JsonTypeInfo Type)[] Requests =
    [
        ("enroll-request", WireJson.Default.EnrollRequest),
        ("check-in-request", WireJson.Default.CheckInRequest),
        ("reports-request", WireJson.Default.ReportsRequest),
        ("inventory-request", WireJson.Default.InventoryRequest),
    ];

    private static readonly (string Prefix, JsonTypeInfo Type)[] Answers =
    [
        ("enroll-response", WireJson.Default.EnrollResponse),
        ("check-in-response", WireJson.Default.CheckInResponse),
        ("reports-response", WireJson.Default.ReportsResponse),
        ("problem", WireJson.Default.ProblemDocument),
    ];

    public static TheoryData<string> RequestNames => [.. Requests.SelectMany(item => Examples.Names(item.Prefix))];

    public static TheoryData<string> AnswerNames => [.. Answers.SelectMany(item => Examples.Names(item.Prefix))];

    [Theory]
    [MemberData(nameof(RequestNames))]
    public void What_the_agent_writes_is_the_golden_request(string name)
    {
        var type = Requests.First(item => name.StartsWith(item.Prefix, StringComparison.Ordinal)).Type;
        var written = JsonSerializer.SerializeToNode(JsonSerializer.Deserialize(Examples.Text(name), type), type);
        Assert.True(JsonNode.DeepEquals(WithSameTimes(Examples.Json(name)), WithSameTimes(written!)), written!.ToJsonString());
    }

    [Theory]
    [MemberData(nameof(AnswerNames))]
    public void The_agent_reads_the_golden_answer(string name)
    {
        var type = Answers.First(item => name.StartsWith(item.Prefix, StringComparison.Ordinal)).Type;
        Assert.NotNull(JsonSerializer.Deserialize(Examples.Text(name), type));
    }

    [Fact]
    public void Unknown_fields_of_an_order_are_ignored_but_those_of_its_payload_are_refused()
    {
        var answer = JsonSerializer.Deserialize(Examples.Text("check-in-response-unknown-fields"), WireJson.Default.CheckInResponse)!;
        Assert.Equal(2, answer.Actions!.Count);
        Assert.NotNull(answer.Actions[0].Payload.Deserialize(WireJson.Default.RunScriptPayload));
        Assert.Throws<JsonException>(() => answer.Actions[1].Payload.Deserialize(WireJson.Default.RunScriptPayload));
    }

    [Fact]
    public void An_order_of_software_is_understood_in_full()
    {
        var answer = JsonSerializer.Deserialize(Examples.Text("check-in-response-install-software"), WireJson.Default.CheckInResponse)!;
        var payload = answer.Actions![0].Payload.Deserialize(WireJson.Default.SoftwarePayload)!;
        Assert.Equal((2, 12), (payload.Items.Count, payload.StartWithinS));
        Assert.Equal((DetectionType.Msi, "ge"), (payload.Items[0].Detection!.Type, payload.Items[0].Detection!.Comparison));
        Assert.Equal("exists", payload.Items[1].Detection!.Comparison);
    }

    /// <summary>One moment may be written with more or fewer digits of a second.</summary>
    private static JsonNode WithSameTimes(JsonNode node)
    {
        foreach (var (name, value) in node is JsonObject item ? item.ToList() : [])
        {
            if (name is "at" or "boot_time" && value is not null)
                node[name] = value.GetValue<DateTimeOffset>().UtcTicks;
            else if (value is not null)
                WithSameTimes(value);
        }

        foreach (var element in node as JsonArray ?? [])
            WithSameTimes(element!);
        return node;
    }
}
