using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace DeployFlow.Contracts;

/// <summary>The JSON of the agent protocol: snake_case keys, nulls written, unknown fields of an answer ignored.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    Converters = [typeof(Rfc3339Converter)],
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(EnrollRequest))]
[JsonSerializable(typeof(EnrollResponse))]
[JsonSerializable(typeof(CheckInRequest))]
[JsonSerializable(typeof(CheckInResponse))]
[JsonSerializable(typeof(ReportsRequest))]
[JsonSerializable(typeof(ReportsResponse))]
[JsonSerializable(typeof(InventoryRequest))]
[JsonSerializable(typeof(InventoryReport))]
[JsonSerializable(typeof(ProblemDocument))]
[JsonSerializable(typeof(RunScriptPayload))]
[JsonSerializable(typeof(EmptyPayload))]
[JsonSerializable(typeof(SoftwarePayload))]
[JsonSerializable(typeof(SoftwareOrder))]
[JsonSerializable(typeof(SoftwareResult))]
[JsonSerializable(typeof(IReadOnlyList<SoftwareResult>))]
[JsonSerializable(typeof(PowerPayload))]
[JsonSerializable(typeof(Report))]
[JsonSerializable(typeof(ActionOrder))]
public sealed partial class WireJson : JsonSerializerContext;

/// <summary>RFC 3339 in UTC with microseconds and a <c>Z</c>, as the protocol writes all times.</summary>
public sealed class Rfc3339Converter : JsonConverter<DateTimeOffset>
{
    private const string Format = "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'";

    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.GetDateTimeOffset().ToUniversalTime();

    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.UtcDateTime.ToString(Format, CultureInfo.InvariantCulture));
}
