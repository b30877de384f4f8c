using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using DeployFlow.Contracts;
using DeployFlow.Contracts.Boot;
using DeployFlow.Engine.Os;

namespace DeployFlow.Agent.Tests.Fakes;

/// <summary>A server of the boot protocol on a real socket: verifies signatures, signs plans, seals secrets, and can be made to fail.</summary>
internal sealed class FakeBootServer : IDisposable
{
    private readonly SocketHttpServer _http;
    private readonly IEphemeralKey _bootKey = EphemeralKeys.Store.Create();
    private readonly ConcurrentDictionary<string, Session> _sessions = new();
    private readonly ConcurrentDictionary<string, byte[]> _content = new();
    private readonly ConcurrentQueue<DeploymentReport> _reports = new();
    private readonly ConcurrentQueue<string> _calls = new();
    private TaskCompletionSource _wake = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public FakeBootServer() => _http = new SocketHttpServer(AnswerAsync);

    public string Url => $"http://127.0.0.1:{_http.Port}";

    public string PublicKeyPem => PemEncoding.WriteString("PUBLIC KEY", _bootKey.PublicKey);

    /// <summary>The plan for a session that is approved; its session and times are filled in.</summary>
    public DeploymentPlan? Plan { get; set; }

    /// <summary>What is approved without being asked.</summary>
    public Func<Session, bool> Armed { get; set; } = _ => true;

    public string? Pin { get; set; }

    public Dictionary<string, string> Secrets { get; } = [];

    public TimeSpan ClockOffset { get; set; }

    public bool Abort { get; set; }

    /// <summary>Answers a call in place of the normal answer; null lets it through.</summary>
    public Func<string, HttpReply?> Fault { get; set; } = _ => null;

    /// <summary>May change the bytes of a plan after it was signed.</summary>
    public Func<byte[], byte[]> Tamper { get; set; } = bytes => bytes;

    /// <summary>How much of an answer with content is withheld, by how many times content was asked for.</summary>
    public Func<int, int, int> Withheld { get; set; } = (_, _) => 0;

    public IReadOnlyList<Session> Sessions => [.. _sessions.Values.OrderBy(session => session.Number)];

    public IReadOnlyList<DeploymentReport> Reports => [.. _reports];

    public IReadOnlyList<string> Calls => [.. _calls];

    public PlanContent Add(byte[] content)
    {
        var hash = Convert.ToHexStringLower(SHA256.HashData(content));
        _content[hash] = content;
        return new PlanContent(hash, content.Length, $"/boot/v1/content/{hash}");
    }

    /// <summary>Puts other bytes in the place of a file.</summary>
    public void Replace(PlanContent content, byte[] bytes) => _content[content.Sha256] = bytes;

    public void Approve(Session session)
    {
        session.State = BootSessionState.Approved;
        Wake();
    }

    public void End(Session session, string state, string? reason)
    {
        (session.State, session.Reason) = (state, reason);
        Wake();
    }

    public async Task UntilAsync(Func<bool> condition, string what, int seconds = 60)
    {
        for (var tries = 0; !condition(); tries++)
        {
            if (tries > seconds * 20)
                throw new TimeoutException($"Not seen in {seconds} s: {what}. Calls: {string.Join(", ", Calls.TakeLast(20))}");
            await Task.Delay(50);
        }
    }

    public void KillConnections() => _http.KillConnections();

    public void Dispose()
    {
        _http.Dispose();
        _bootKey.Dispose();
    }

    private DateTimeOffset Now => DateTimeOffset.UtcNow + ClockOffset;

    private void Wake() => Interlocked.Exchange(ref _wake, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();

    private async Task<HttpReply?> AnswerAsync(HttpCall http, CancellationToken gone)
    {
        var call = http.Path["/boot/v1/".Length..];
        _calls.Enqueue($"{http.Method} {call}{(http.Header("Range") is { } range ? $" {range}" : "")}");
        if (Fault(call) is { } fault)
            return fault.Status == 0 ? null : fault;
        var opening = call == "sessions" ? JsonSerializer.Deserialize(http.Body, BootJson.Default.BootSessionRequest)! : null;
        var keyId = KeyId(http);
        var session = opening is null
            ? _sessions.GetValueOrDefault(keyId)
            : _sessions.GetOrAdd(keyId, _ => new Session(_sessions.Count, opening, Convert.FromBase64String(opening.PublicKey)));
        if (session is null)
            return Problem(401, ProblemCode.KeyUnknown);
        var signed = new SignedRequest(
            http.Method, http.Header("Host") ?? "", http.Path, http.Query, http.Body, http.Header("Content-Digest"), http.Header("Signature-Input") ?? "",
            http.Header("Signature") ?? "");
        if (SignatureVerifier.Refusal(signed, session.PublicKey, Now, MessageSignature.BootTag) is { } refusal)
            return Problem(401, refusal == ProblemCode.ClockSkew ? refusal : ProblemCode.SignatureInvalid);
        return call switch
        {
            "sessions" => Open(session),
            _ when call.EndsWith("/wait", StringComparison.Ordinal) => await WaitAsync(session, http, gone),
            _ when call.EndsWith("/pin", StringComparison.Ordinal) => TakePin(session, http),
            _ when call.EndsWith("/reports", StringComparison.Ordinal) => Take(session, http),
            _ when call.EndsWith("/secrets", StringComparison.Ordinal) => Seal(session, http),
            _ => Content(call["content/".Length..], http),
        };
    }

    private HttpReply Open(Session session)
    {
        if (session.State == BootSessionState.Waiting && Armed(session))
            session.State = BootSessionState.Approved;
        return Json(201, new BootSessionResponse(session.Id, session.Nonce, session.State, "Berlin", "Büro-PC", Now), BootJson.Default.BootSessionResponse);
    }

    private async Task<HttpReply?> WaitAsync(Session session, HttpCall http, CancellationToken gone)
    {
        var wait = JsonSerializer.Deserialize(http.Body, BootJson.Default.BootWaitRequest)!.MaxWaitS;
        var wake = _wake.Task;
        if (session.State == BootSessionState.Waiting)
            await Task.WhenAny(wake, Task.Delay(TimeSpan.FromSeconds(wait), gone));
        return gone.IsCancellationRequested ? null : Answer(session);
    }

    private HttpReply Answer(Session session)
    {
        if (session.State != BootSessionState.Approved)
            return Json(200, new BootWaitResponse(session.State, session.Reason, null, null, null, Now), BootJson.Default.BootWaitResponse);
        var plan = Plan! with { Session = session.KeyId, IssuedAt = Now.AddSeconds(-1), ExpiresAt = Now.AddHours(4) };
        var bytes = JsonSerializer.SerializeToUtf8Bytes(plan, BootJson.Default.DeploymentPlan);
        var signature = Convert.ToBase64String(_bootKey.Sign(bytes));
        return Json(200, new BootWaitResponse(session.State, null, plan.DeploymentId, Convert.ToBase64String(Tamper(bytes)), signature, Now), BootJson.Default.BootWaitResponse);
    }

    private HttpReply TakePin(Session session, HttpCall http)
    {
        var request = JsonSerializer.Deserialize(http.Body, BootJson.Default.BootPinRequest)!;
        var pin = Encoding.UTF8.GetString(Hpke.Open(Convert.FromBase64String(request.Sealed), BootPinRequest.Info(session.Id), _bootKey));
        if (pin != Pin)
            return Problem(403, BootProblemCode.PinWrong);
        Approve(session);
        return Answer(session);
    }

    private HttpReply Take(Session session, HttpCall http)
    {
        var reports = JsonSerializer.Deserialize(http.Body, BootJson.Default.DeploymentReportsRequest)!.Reports;
        var results = new List<ReportResult>();
        foreach (var report in reports)
        {
            results.Add(new ReportResult(report.Seq == session.NextSeq ? "accepted" : "duplicate"));
            if (report.Seq != session.NextSeq)
                continue;
            session.NextSeq++;
            _reports.Enqueue(report);
        }

        return Json(200, new DeploymentReportsResponse(results, Abort ? DeploymentReportsResponse.Abort : null), BootJson.Default.DeploymentReportsResponse);
    }

    private HttpReply Seal(Session session, HttpCall http)
    {
        var request = JsonSerializer.Deserialize(http.Body, BootJson.Default.BootSecretRequest)!;
        if (Reports.LastOrDefault(report => report is StepStartedReport or StepFinishedReport) is not StepStartedReport started || started.Position != request.Position)
            return Problem(409, BootProblemCode.StepNotRunning);
        if (!session.Taken.Add($"{request.Position} {started.Attempt} {request.Name}"))
            return Problem(410, BootProblemCode.SecretTaken);
        using var ephemeral = EphemeralKeys.Store.Create();
        var recipient = EphemeralKeys.Store.Point(session.PublicKey);
        var message = Hpke.Seal(Encoding.UTF8.GetBytes(Secrets[request.Name]), request.Info(Plan!.DeploymentId), recipient, ephemeral);
        return Json(200, new BootSecretResponse(Convert.ToBase64String(message)), BootJson.Default.BootSecretResponse);
    }

    private HttpReply Content(string hash, HttpCall http)
    {
        if (!_content.TryGetValue(hash, out var content))
            return Problem(404, "not_found");
        var headers = new Dictionary<string, string> { ["ETag"] = $"\"{hash}\"" };
        var asked = Calls.Count(call => call.Contains($"content/{hash}", StringComparison.Ordinal));
        if (http.Header("Range") is not { } range)
            return new HttpReply(200, content, headers, Withheld(asked, content.Length));
        Assert.Equal($"\"{hash}\"", http.Header("If-Range"));
        var from = int.Parse(range["bytes=".Length..^1]);
        headers["Content-Range"] = $"bytes {from}-{content.Length - 1}/{content.Length}";
        return new HttpReply(206, content[from..], headers, Withheld(asked, content.Length - from));
    }

    private static string KeyId(HttpCall http)
    {
        var input = http.Header("Signature-Input") ?? "";
        const string field = "keyid=\"";
        var at = input.IndexOf(field, StringComparison.Ordinal) + field.Length;
        return input[at..input.IndexOf('"', at)];
    }

    private static HttpReply Json<T>(int status, T value, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type) =>
        new(status, JsonSerializer.SerializeToUtf8Bytes(value, type));

    private HttpReply Problem(int status, string code) => new(status, JsonSerializer.SerializeToUtf8Bytes(
        new ProblemDocument(Status: status, Code: code, Detail: "Made to fail.", ServerTime: code == ProblemCode.ClockSkew ? Now : null), WireJson.Default.ProblemDocument));

    internal sealed class Session(int number, BootSessionRequest request, byte[] publicKey)
    {
        public int Number { get; } = number;

        public string Id { get; } = Guid.NewGuid().ToString();

        public BootSessionRequest Request { get; } = request;

        public byte[] PublicKey { get; } = publicKey;

        public string KeyId { get; } = MessageSignature.KeyId(publicKey);

        public string Nonce { get; } = MessageSignature.NewNonce();

        public string State { get; set; } = BootSessionState.Waiting;

        public string? Reason { get; set; }

        public int NextSeq { get; set; }

        public HashSet<string> Taken { get; } = [];
    }
}
