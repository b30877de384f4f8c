using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using DeployFlow.Contracts;
using DeployFlow.Engine.Os;

namespace DeployFlow.Agent.Http;

/// <summary>The calls of the agent protocol.</summary>
public interface IServerClient
{
    Task<ServerAnswer<EnrollResponse>> EnrollAsync(EnrollRequest request, CancellationToken cancellationToken);

    Task<ServerAnswer<CheckInResponse>> CheckInAsync(CheckInRequest request, CancellationToken cancellationToken);

    Task<ServerAnswer<ReportsResponse>> ReportAsync(ReportsRequest request, CancellationToken cancellationToken);

    Task<ServerAnswer<Done>> SendInventoryAsync(InventoryRequest request, CancellationToken cancellationToken);
}

/// <summary>Signs each call with the device key, and signs again where the server's clock differs.</summary>
public sealed class ServerClient(HttpClient http, IDeviceKey key, ServerClock clock, string userAgent) : IServerClient
{
    private readonly string _keyId = MessageSignature.KeyId(key.PublicKey);

    public Task<ServerAnswer<EnrollResponse>> EnrollAsync(EnrollRequest request, CancellationToken cancellationToken) =>
        CallAsync(HttpMethod.Post, "agent/v1/enroll", request, WireJson.Default.EnrollRequest, WireJson.Default.EnrollResponse, cancellationToken);

    public Task<ServerAnswer<CheckInResponse>> CheckInAsync(CheckInRequest request, CancellationToken cancellationToken) =>
        CallAsync(HttpMethod.Post, "agent/v1/check-in", request, WireJson.Default.CheckInRequest, WireJson.Default.CheckInResponse, cancellationToken);

    public Task<ServerAnswer<ReportsResponse>> ReportAsync(ReportsRequest request, CancellationToken cancellationToken) =>
        CallAsync(HttpMethod.Post, "agent/v1/reports", request, WireJson.Default.ReportsRequest, WireJson.Default.ReportsResponse, cancellationToken);

    public Task<ServerAnswer<Done>> SendInventoryAsync(InventoryRequest request, CancellationToken cancellationToken) =>
        CallAsync<InventoryRequest, Done>(HttpMethod.Put, "agent/v1/inventory", request, WireJson.Default.InventoryRequest, null, cancellationToken);

    private async Task<ServerAnswer<TAnswer>> CallAsync<TRequest, TAnswer>(
        HttpMethod method, string path, TRequest request, JsonTypeInfo<TRequest> requestType, JsonTypeInfo<TAnswer>? answerType,
        CancellationToken cancellationToken)
        where TAnswer : class
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(request, requestType);
        try
        {
            var answer = await SendAsync(method, path, body, answerType, cancellationToken);
            // Both are cured by signing again: once with the right time, once with a new nonce.
            return answer.Problem?.Code is ProblemCode.ClockSkew or ProblemCode.Replayed
                ? await SendAsync(method, path, body, answerType, cancellationToken)
                : answer;
        }
        catch (HttpRequestException error)
        {
            return new ServerProblem(0, ServerProblem.Unreachable, Innermost(error));
        }
        catch (IOException error)
        {
            return new ServerProblem(0, ServerProblem.Unreachable, Innermost(error));
        }
        catch (JsonException error)
        {
            return new ServerProblem(200, ServerProblem.UnexpectedAnswer, error.Message);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new ServerProblem(0, ServerProblem.Unreachable, "The server did not answer in time.");
        }
    }

    private async Task<ServerAnswer<TAnswer>> SendAsync<TAnswer>(
        HttpMethod method, string path, byte[] body, JsonTypeInfo<TAnswer>? answerType, CancellationToken cancellationToken)
        where TAnswer : class
    {
        var url = new Uri(http.BaseAddress!, path);
        using var request = new HttpRequestMessage(method, url) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        var fields = MessageSignature.Sign(method.Method, url, body, SignatureParameters.At(clock.Now, _keyId), key.Sign);
        request.Content.Headers.Add("Content-Digest", fields.ContentDigest);
        request.Headers.Add("Signature-Input", fields.SignatureInput);
        request.Headers.Add("Signature", fields.Signature);
        request.Headers.TryAddWithoutValidation("User-Agent", userAgent);
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseContentRead, cancellationToken);
        var content = await response.Content.ReadAsByteArrayAsync(cancellationToken);
        if (!response.IsSuccessStatusCode)
            return Problem(response, content);
        if (answerType is null)
            return new ServerAnswer<TAnswer>((TAnswer)(object)Done.Value, null);
        return JsonSerializer.Deserialize(content, answerType) is { } value
            ? value
            : new ServerProblem((int)response.StatusCode, ServerProblem.UnexpectedAnswer, "The answer was empty.");
    }

    private ServerProblem Problem(HttpResponseMessage response, byte[] content)
    {
        ProblemDocument? document = null;
        try
        {
            document = JsonSerializer.Deserialize(content, WireJson.Default.ProblemDocument);
        }
        catch (JsonException)
        {
            // A proxy's page, not a problem document.
        }

        if (document?.ServerTime is { } serverTime)
            clock.Observe(serverTime);
        var status = (int)response.StatusCode;
        var message = document?.Detail ?? document?.Title
            ?? (response.StatusCode is HttpStatusCode.Redirect or HttpStatusCode.MovedPermanently or HttpStatusCode.PermanentRedirect
                ? $"The server redirects to {response.Headers.Location}; use that address."
                : $"The server answered {status}.");
        return new ServerProblem(status, document?.Code ?? ServerProblem.UnexpectedAnswer, message, response.Headers.RetryAfter?.Delta);
    }

    private static string Innermost(Exception error)
    {
        while (error.InnerException is { } inner)
            error = inner;
        return error.Message;
    }
}
