using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using DeployFlow.Contracts;
using DeployFlow.Engine.Os;

namespace DeployFlow.Agent.Http;

/// <summary>Signs each call with a key, and signs again where the server's clock differs.</summary>
/// <param name="tag">Tells whose key it is: a device's or a boot session's.</param>
public sealed class SignedCalls(HttpClient http, IDeviceKey key, ServerClock clock, string userAgent, string tag = MessageSignature.Tag)
{
    private readonly string _keyId = MessageSignature.KeyId(key.PublicKey);

    public async Task<ServerAnswer<TAnswer>> CallAsync<TRequest, TAnswer>(
        HttpMethod method, string path, TRequest request, JsonTypeInfo<TRequest> requestType, JsonTypeInfo<TAnswer>? answerType,
        CancellationToken cancellationToken)
        where TAnswer : class
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(request, requestType);
        try
        {
            var answer = await SendAsync(method, path, body, answerType, cancellationToken);
            // Both are cured by signing again: once with the right time, once with a new nonce.
            return IsCuredBySigningAgain(answer.Problem) ? await SendAsync(method, path, body, answerType, cancellationToken) : answer;
        }
        catch (JsonException error)
        {
            return new ServerProblem(200, ServerProblem.UnexpectedAnswer, error.Message);
        }
        catch (Exception error) when (Unreachable(error, cancellationToken) is { } problem)
        {
            return problem;
        }
    }

    /// <summary>Begins to fetch a file; the answer's content is to be read while it arrives.</summary>
    /// <param name="from">First byte that is wanted.</param>
    /// <param name="version">ETag of the bytes before: another file is not a continuation.</param>
    public async Task<ServerAnswer<HttpResponseMessage>> FetchAsync(string path, long from, EntityTagHeaderValue? version, CancellationToken cancellationToken)
    {
        try
        {
            var answer = await FetchOnceAsync(path, from, version, cancellationToken);
            return IsCuredBySigningAgain(answer.Problem) ? await FetchOnceAsync(path, from, version, cancellationToken) : answer;
        }
        catch (Exception error) when (Unreachable(error, cancellationToken) is { } problem)
        {
            return problem;
        }
    }

    /// <summary>Null where the error is not one of the way to the server.</summary>
    public static ServerProblem? Unreachable(Exception error, CancellationToken cancellationToken) => error switch
    {
        HttpRequestException or IOException => new ServerProblem(0, ServerProblem.Unreachable, Innermost(error)),
        OperationCanceledException when !cancellationToken.IsCancellationRequested =>
            new ServerProblem(0, ServerProblem.Unreachable, "The server did not answer in time."),
        _ => null,
    };

    private static bool IsCuredBySigningAgain(ServerProblem? problem) => problem?.Code is ProblemCode.ClockSkew or ProblemCode.Replayed;

    private async Task<ServerAnswer<TAnswer>> SendAsync<TAnswer>(
        HttpMethod method, string path, byte[] body, JsonTypeInfo<TAnswer>? answerType, CancellationToken cancellationToken)
        where TAnswer : class
    {
        using var request = Signed(method, path, body);
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

    private async Task<ServerAnswer<HttpResponseMessage>> FetchOnceAsync(
        string path, long from, EntityTagHeaderValue? version, CancellationToken cancellationToken)
    {
        using var request = Signed(HttpMethod.Get, path, null);
        if (from > 0)
            request.Headers.Range = new RangeHeaderValue(from, null);
        if (from > 0 && version is not null)
            request.Headers.IfRange = new RangeConditionHeaderValue(version);
        var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        if (response.IsSuccessStatusCode)
            return response;
        using (response)
            return Problem(response, await response.Content.ReadAsByteArrayAsync(cancellationToken));
    }

    private HttpRequestMessage Signed(HttpMethod method, string path, byte[]? body)
    {
        var url = new Uri(http.BaseAddress!, path);
        var request = new HttpRequestMessage(method, url);
        var fields = MessageSignature.Sign(
            method.Method, url, body is null ? (ReadOnlyMemory<byte>?)null : body, SignatureParameters.At(clock.Now, _keyId, tag), key.Sign);
        if (body is not null)
        {
            request.Content = new ByteArrayContent(body);
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            request.Content.Headers.Add("Content-Digest", fields.ContentDigest);
        }

        request.Headers.Add("Signature-Input", fields.SignatureInput);
        request.Headers.Add("Signature", fields.Signature);
        request.Headers.TryAddWithoutValidation("User-Agent", userAgent);
        return request;
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
