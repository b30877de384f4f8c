using DeployFlow.Contracts;
using DeployFlow.Contracts.Boot;
using DeployFlow.Engine.Os;

namespace DeployFlow.Agent.Http;

/// <summary>The calls of the agent protocol.</summary>
public interface IServerClient
{
    Task<ServerAnswer<EnrollResponse>> EnrollAsync(EnrollRequest request, CancellationToken cancellationToken);

    Task<ServerAnswer<CheckInResponse>> CheckInAsync(CheckInRequest request, CancellationToken cancellationToken);

    Task<ServerAnswer<ReportsResponse>> ReportAsync(ReportsRequest request, CancellationToken cancellationToken);

    Task<ServerAnswer<Done>> SendInventoryAsync(InventoryRequest request, CancellationToken cancellationToken);

    Task<ServerAnswer<DeploymentReportsResponse>> ReportDeploymentAsync(string deploymentId, DeploymentReportsRequest request, CancellationToken cancellationToken);
}

/// <summary>The calls, signed with the device key.</summary>
public sealed class ServerClient(HttpClient http, IDeviceKey key, ServerClock clock, string userAgent) : IServerClient
{
    private readonly SignedCalls _calls = new(http, key, clock, userAgent);

    public Task<ServerAnswer<HttpResponseMessage>> FetchAsync(string path, long from, CancellationToken cancellationToken) =>
        _calls.FetchAsync(path, from, null, cancellationToken);

    public Task<ServerAnswer<EnrollResponse>> EnrollAsync(EnrollRequest request, CancellationToken cancellationToken) =>
        _calls.CallAsync(HttpMethod.Post, "agent/v1/enroll", request, WireJson.Default.EnrollRequest, WireJson.Default.EnrollResponse, cancellationToken);

    public Task<ServerAnswer<CheckInResponse>> CheckInAsync(CheckInRequest request, CancellationToken cancellationToken) =>
        _calls.CallAsync(HttpMethod.Post, "agent/v1/check-in", request, WireJson.Default.CheckInRequest, WireJson.Default.CheckInResponse, cancellationToken);

    public Task<ServerAnswer<ReportsResponse>> ReportAsync(ReportsRequest request, CancellationToken cancellationToken) =>
        _calls.CallAsync(HttpMethod.Post, "agent/v1/reports", request, WireJson.Default.ReportsRequest, WireJson.Default.ReportsResponse, cancellationToken);

    public Task<ServerAnswer<Done>> SendInventoryAsync(InventoryRequest request, CancellationToken cancellationToken) =>
        _calls.CallAsync<InventoryRequest, Done>(HttpMethod.Put, "agent/v1/inventory", request, WireJson.Default.InventoryRequest, null, cancellationToken);

    public Task<ServerAnswer<DeploymentReportsResponse>> ReportDeploymentAsync(
        string deploymentId, DeploymentReportsRequest request, CancellationToken cancellationToken) =>
        _calls.CallAsync(
            HttpMethod.Post, $"agent/v1/deployments/{deploymentId}/reports", request, BootJson.Default.DeploymentReportsRequest,
            BootJson.Default.DeploymentReportsResponse, cancellationToken);
}
