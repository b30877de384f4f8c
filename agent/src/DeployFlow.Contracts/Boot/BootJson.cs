using System.Text.Json.Serialization;

namespace DeployFlow.Contracts.Boot;

/// <summary>The JSON of the boot protocol, by the rules of <see cref="WireJson"/>.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    Converters = [typeof(Rfc3339Converter)],
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    AllowOutOfOrderMetadataProperties = true)]
[JsonSerializable(typeof(BootSessionRequest))]
[JsonSerializable(typeof(BootSessionResponse))]
[JsonSerializable(typeof(BootWaitRequest))]
[JsonSerializable(typeof(BootWaitResponse))]
[JsonSerializable(typeof(BootPinRequest))]
[JsonSerializable(typeof(BootSecretRequest))]
[JsonSerializable(typeof(BootSecretResponse))]
[JsonSerializable(typeof(DeploymentReportsRequest))]
[JsonSerializable(typeof(DeploymentReportsResponse))]
[JsonSerializable(typeof(DeploymentReport))]
[JsonSerializable(typeof(DeploymentPlan))]
[JsonSerializable(typeof(FinishDeploymentPayload))]
[JsonSerializable(typeof(DiskPrepConfiguration))]
[JsonSerializable(typeof(ApplyImageConfiguration))]
[JsonSerializable(typeof(InjectDriversConfiguration))]
[JsonSerializable(typeof(InjectConfigurationConfiguration))]
[JsonSerializable(typeof(InstallAgentConfiguration))]
[JsonSerializable(typeof(ScriptConfiguration))]
[JsonSerializable(typeof(SoftwareBundleConfiguration))]
[JsonSerializable(typeof(RebootConfiguration))]
[JsonSerializable(typeof(WaitConfiguration))]
[JsonSerializable(typeof(SetVariableConfiguration))]
public sealed partial class BootJson : JsonSerializerContext;
