using DeployFlow.Agent.Http;
using DeployFlow.Contracts;
using DeployFlow.Contracts.Boot;
using DeployFlow.Engine.Os;

namespace DeployFlow.Agent.Deploy;

/// <summary>The calls of the boot protocol, signed with the key of one session.</summary>
public sealed class BootClient(HttpClient http, IEphemeralKey key, ServerClock clock, string userAgent)
{
    private readonly SignedCalls _calls = new(http, key, clock, userAgent, MessageSignature.BootTag);

    public Task<ServerAnswer<BootSessionResponse>> OpenAsync(BootSessionRequest request, CancellationToken cancellationToken) =>
        _calls.CallAsync(
            HttpMethod.Post, "boot/v1/sessions", request, BootJson.Default.BootSessionRequest, BootJson.Default.BootSessionResponse, cancellationToken);

    public Task<ServerAnswer<BootWaitResponse>> WaitAsync(string sessionId, BootWaitRequest request, CancellationToken cancellationToken) =>
        _calls.CallAsync(
            HttpMethod.Post, $"boot/v1/sessions/{sessionId}/wait", request, BootJson.Default.BootWaitRequest, BootJson.Default.BootWaitResponse, cancellationToken);

    public Task<ServerAnswer<BootWaitResponse>> PinAsync(string sessionId, BootPinRequest request, CancellationToken cancellationToken) =>
        _calls.CallAsync(
            HttpMethod.Post, $"boot/v1/sessions/{sessionId}/pin", request, BootJson.Default.BootPinRequest, BootJson.Default.BootWaitResponse, cancellationToken);

    public Task<ServerAnswer<DeploymentReportsResponse>> ReportAsync(
        string deploymentId, DeploymentReportsRequest request, CancellationToken cancellationToken) =>
        _calls.CallAsync(
            HttpMethod.Post, $"boot/v1/deployments/{deploymentId}/reports", request, BootJson.Default.DeploymentReportsRequest,
            BootJson.Default.DeploymentReportsResponse, cancellationToken);

    public Task<ServerAnswer<BootSecretResponse>> SecretAsync(string deploymentId, BootSecretRequest request, CancellationToken cancellationToken) =>
        _calls.CallAsync(
            HttpMethod.Post, $"boot/v1/deployments/{deploymentId}/secrets", request, BootJson.Default.BootSecretRequest, BootJson.Default.BootSecretResponse,
            cancellationToken);

    public SignedCalls Calls => _calls;
}
