using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using DeployFlow.Contracts;
using DeployFlow.Contracts.Boot;

namespace DeployFlow.Agent.Tests.Fakes;

/// <summary>A server of the agent protocol on a real socket: verifies signatures, holds check-ins, and can be made to fail.</summary>
internal sealed class FakeServer : IAsyncDisposable
{
    /// <summary>As the real one.</summary>
    private static readonly TimeSpan RedeliverAfter = TimeSpan.FromSeconds(2);

    private readonly SocketHttpServer _http;
    private readonly ConcurrentQueue<ActionOrder> _orders = new();
    private readonly ConcurrentQueue<ActionOrder> _ordersForOvertaken = new();
    private readonly ConcurrentQueue<ActionOrder> _ordersForOvertaking = new();
    private readonly ConcurrentDictionary<string, (ActionOrder Order, DateTimeOffset At)> _handedOut = new();
    private readonly ConcurrentDictionary<string, bool> _cancels = new();
    private readonly Lock _gate = new();
    private readonly List<(string What, object Value)> _seen = [];
    private readonly HashSet<string> _nonces = new(StringComparer.Ordinal);
    private TaskCompletionSource _held = NewSource();
    private TaskCompletionSource _wake = NewSource();
    private TaskCompletionSource _news = NewSource();
    private byte[]? _publicKey;

    public FakeServer() => _http = new SocketHttpServer(AnswerAsync);

    public string Url => $"http://127.0.0.1:{_http.Port}";

    public string DeviceId { get; } = Guid.NewGuid().ToString();

    /// <summary>Added to the real time: a server in another year.</summary>
    public TimeSpan ClockOffset { get; set; }

    public string DeviceState { get; set; } = "active";

    public bool WantsInventory { get; set; }

    /// <summary>Answers this call in place of the normal answer; null lets it through.</summary>
    public Func<string, (int Status, string Code, int? RetryAfter)?> Fault { get; set; } = _ => null;

    /// <summary>Takes the call in and then breaks the connection.</summary>
    public Func<string, bool> BreakAfter { get; set; } = _ => false;

    /// <summary>What reports are answered with.</summary>
    public Func<Report, string> Outcome { get; set; } = _ => "accepted";

    /// <summary>Files that running actions may fetch, by their SHA-256.</summary>
    public ConcurrentDictionary<string, byte[]> Files { get; } = new();

    /// <summary>Changes an answer that carries a file from a byte on.</summary>
    public Func<HttpReply, int, HttpReply> Delivery { get; set; } = (reply, _) => reply;

    /// <summary>The ranges that were asked for.</summary>
    public IReadOnlyList<string> Fetches => Seen<string>("fetch");

    public IReadOnlyList<Report> Reports => Seen<Report>("report");

    /// <summary>Each once, whatever was sent again.</summary>
    public IReadOnlyList<DeploymentReport> DeploymentReports => [.. Seen<DeploymentReport>("deployment-report").DistinctBy(report => report.Seq).OrderBy(report => report.Seq)];

    public IReadOnlyList<CheckInRequest> CheckIns => Seen<CheckInRequest>("check-in");

    /// <summary>The newest check-in, or an empty one before the first.</summary>
    public CheckInRequest Latest => CheckIns is [.., var last] ? last : new CheckInRequest("", "", null, "", AgentStatus.Idle, null, [], 0, 0);

    public IReadOnlyList<InventoryRequest> Inventories => Seen<InventoryRequest>("inventory");

    public IReadOnlyList<EnrollRequest> Enrollments => Seen<EnrollRequest>("enroll");

    public IReadOnlyList<string> Refusals => Seen<string>("refusal");

    /// <summary>The calls that <see cref="Fault"/> answered.</summary>
    public IReadOnlyList<string> Faults => Seen<string>("fault");

    public void Order(ActionOrder order)
    {
        _orders.Enqueue(order);
        Wake();
    }

    /// <summary>Goes out with the answer to a call that a newer one has overtaken, as when both cross on their way.</summary>
    public void OrderByOvertakenCall(ActionOrder order) => _ordersForOvertaken.Enqueue(order);

    /// <summary>Goes out with the answer to the newer call, while that to the overtaken one is on its way.</summary>
    public void OrderByOvertakingCall(ActionOrder order) => _ordersForOvertaking.Enqueue(order);

    public void Cancel(string actionId)
    {
        _cancels[actionId] = true;
        Wake();
    }

    public void Wake()
    {
        lock (_gate)
        {
            _wake.TrySetResult();
            _wake = NewSource();
        }
    }

    public DeploymentReportsResponse Take(DeploymentReportsRequest request)
    {
        foreach (var report in request.Reports)
            See("deployment-report", report);
        return new DeploymentReportsResponse([.. request.Reports.Select(_ => new ReportResult("accepted"))], null);
    }

    /// <summary>Cuts all connections in the middle of what they do.</summary>
    public void KillConnections() => _http.KillConnections();

    /// <summary>
    /// Waits until <paramref name="condition"/> holds, looking whenever something arrived. The limit is generous: it only
    /// ends a test that has failed already, and a build machine may be busy.
    /// </summary>
    public async Task UntilAsync(Func<bool> condition, string what, int seconds = 120)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(seconds));
        while (true)
        {
            Task news;
            lock (_gate)
                news = _news.Task;
            if (condition())
                return;
            try
            {
                await news.WaitAsync(limit.Token);
            }
            catch (OperationCanceledException error)
            {
                throw new TimeoutException(
                    $"Not seen in {seconds} s: {what}. Seen: {string.Join(", ", Reports.Select(report => $"{report.GetType().Name}({report.Fence})"))}; refusals: {string.Join(", ", Refusals)}; check-ins: {CheckIns.Count}", error);
            }
        }
    }

    public async Task<FinishedReport> FinishedAsync(string actionId, int seconds = 120)
    {
        FinishedReport? Find() => Reports.OfType<FinishedReport>().FirstOrDefault(report => report.ActionId == actionId);
        await UntilAsync(() => Find() is not null, $"the end of {actionId}", seconds);
        return Find()!;
    }

    public string Output(string actionId, LogSource source = LogSource.Out) => string.Concat(
        Reports.OfType<LogReport>().Where(log => log.ActionId == actionId && log.Stream == source).DistinctBy(log => log.Seq).OrderBy(log => log.Seq).Select(log => log.Text));

    public ValueTask DisposeAsync()
    {
        _http.Dispose();
        return ValueTask.CompletedTask;
    }

    private IReadOnlyList<T> Seen<T>(string what)
    {
        lock (_gate)
            return [.. _seen.Where(item => item.What == what).Select(item => (T)item.Value)];
    }

    private void See(string what, object value)
    {
        lock (_gate)
        {
            _seen.Add((what, value));
            _news.TrySetResult();
            _news = NewSource();
        }
    }

    private async Task<HttpReply?> AnswerAsync(HttpCall http, CancellationToken gone)
    {
        var call = http.Path["/agent/v1/".Length..];
        if (Fault(call) is { } fault)
        {
            See("fault", call);
            return Problem(fault.Status, fault.Code, fault.RetryAfter);
        }

        var enroll = call == "enroll" ? JsonSerializer.Deserialize(http.Body, WireJson.Default.EnrollRequest)! : null;
        var key = enroll is null ? _publicKey : Convert.FromBase64String(enroll.PublicKey);
        var refusal = key is null ? ProblemCode.KeyUnknown : Refusal(http, key);
        if (refusal is not null)
        {
            See("refusal", refusal);
            return Problem(401, refusal is ProblemCode.ClockSkew or ProblemCode.KeyUnknown ? refusal : ProblemCode.SignatureInvalid);
        }

        if (call.StartsWith("actions/", StringComparison.Ordinal))
            return BreakAfter(call) ? null : Content(http, call);
        try
        {
            var answer = await HandleAsync(call, http.Body!, enroll, key!, gone);
            return BreakAfter(call) ? null : new HttpReply(call == "enroll" ? 201 : answer is null ? 204 : 200, answer);
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    /// <summary>A file, or what follows of it; the test may damage, cut or replace the answer.</summary>
    private HttpReply Content(HttpCall http, string call)
    {
        See("fetch", http.Header("Range") ?? "bytes=0-");
        if (!Files.TryGetValue(call.Split('/')[^1], out var file))
            return Problem(404, "content_not_named");
        var from = http.Header("Range") is { } range ? int.Parse(range["bytes=".Length..].TrimEnd('-'), CultureInfo.InvariantCulture) : 0;
        var headers = new Dictionary<string, string> { ["ETag"] = $"\"{call.Split('/')[^1]}\"" };
        return Delivery(new HttpReply(from > 0 ? 206 : 200, file[from..], headers), from);
    }

    private async Task<byte[]?> HandleAsync(string call, byte[] body, EnrollRequest? enroll, byte[] key, CancellationToken gone)
    {
        switch (call)
        {
            case "enroll":
                _publicKey = key;
                See("enroll", enroll!);
                return JsonSerializer.SerializeToUtf8Bytes(new EnrollResponse(DeviceId, DeviceState, Now), WireJson.Default.EnrollResponse);
            case "check-in":
                var request = JsonSerializer.Deserialize(body, WireJson.Default.CheckInRequest)!;
                Task wake;
                lock (_gate)
                    wake = _wake.Task;
                See("check-in", request);
                return JsonSerializer.SerializeToUtf8Bytes(await CheckInAsync(request, wake, gone), WireJson.Default.CheckInResponse);
            case "reports":
                var reports = JsonSerializer.Deserialize(body, WireJson.Default.ReportsRequest)!.Reports;
                var outcomes = reports.Select(report => new ReportResult(Outcome(report))).ToList();
                foreach (var report in reports)
                    See("report", report);
                return JsonSerializer.SerializeToUtf8Bytes(new ReportsResponse(outcomes, []), WireJson.Default.ReportsResponse);
            case "inventory":
                WantsInventory = false;
                See("inventory", JsonSerializer.Deserialize(body, WireJson.Default.InventoryRequest)!);
                return null;
            case var _ when call.StartsWith("deployments/", StringComparison.Ordinal):
                return JsonSerializer.SerializeToUtf8Bytes(
                    Take(JsonSerializer.Deserialize(body, BootJson.Default.DeploymentReportsRequest)!), BootJson.Default.DeploymentReportsResponse);
            default:
                throw new InvalidOperationException(call);
        }
    }

    private async Task<CheckInResponse> CheckInAsync(CheckInRequest request, Task wake, CancellationToken gone)
    {
        var began = DateTimeOffset.UtcNow;
        var overtaken = NewSource();
        Interlocked.Exchange(ref _held, overtaken).TrySetResult();
        var receipt = request.Receipt is null ? $"receipt-{request.RunId}" : null;
        var silent = _orders.IsEmpty && _cancels.IsEmpty && receipt is null && !WantsInventory;
        for (var waited = 0; silent && waited < request.MaxWaitS && !wake.IsCompleted && !overtaken.Task.IsCompleted; waited++)
        {
            await Task.WhenAny(wake, overtaken.Task, Task.Delay(TimeSpan.FromSeconds(1), gone));
            gone.ThrowIfCancellationRequested();
            HandOutLostOnesAgain(request, began);
            silent = _orders.IsEmpty;
        }

        gone.ThrowIfCancellationRequested();
        var orders = new List<ActionOrder>();
        var cancels = new List<string>();
        var source = overtaken.Task.IsCompleted ? _ordersForOvertaken : _orders;
        while (orders.Count < request.FreeSlots && source.TryDequeue(out var order))
        {
            orders.Add(order);
            _handedOut[order.ActionId] = (order, DateTimeOffset.UtcNow);
        }

        while (overtaken.Task.IsCompleted && _ordersForOvertaking.TryDequeue(out var order))
            Order(order);
        if (!overtaken.Task.IsCompleted)
        {
            cancels.AddRange(_cancels.Keys);
            _cancels.Clear();
        }

        return new CheckInResponse(Now, DeviceState, 0, receipt, WantsInventory, orders, cancels);
    }

    /// <summary>An answer may be lost on its way: what a later call neither runs nor has reported goes out under a new fence.</summary>
    private void HandOutLostOnesAgain(CheckInRequest request, DateTimeOffset began)
    {
        foreach (var (order, at) in _handedOut.Values.Where(item => item.At < began && DateTimeOffset.UtcNow - item.At > RedeliverAfter))
        {
            if (_handedOut.TryRemove(order.ActionId, out _)
                && request.Running.All(running => running.ActionId != order.ActionId || running.Fence < order.Fence)
                && Reports.All(report => report.ActionId != order.ActionId || report.Fence < order.Fence))
                _orders.Enqueue(order with { Fence = order.Fence + 1 });
        }
    }

    private DateTimeOffset Now => DateTimeOffset.UtcNow + ClockOffset;

    private string? Refusal(HttpCall http, byte[] key)
    {
        var signed = new SignedRequest(
            http.Method, http.Header("Host") ?? "", http.Path, http.Query, http.Body, http.Header("Content-Digest"),
            http.Header("Signature-Input") ?? "", http.Header("Signature") ?? "");
        if (SignatureVerifier.Refusal(signed, key, Now) is { } refusal)
            return refusal;
        lock (_gate)
            return _nonces.Add(signed.SignatureInput) ? null : ProblemCode.Replayed;
    }

    private HttpReply Problem(int status, string code, int? retryAfter = null)
    {
        var document = new ProblemDocument(Status: status, Code: code, Detail: "Made to fail.", ServerTime: code == ProblemCode.ClockSkew ? Now : null);
        return new HttpReply(
            status,
            JsonSerializer.SerializeToUtf8Bytes(document, WireJson.Default.ProblemDocument),
            retryAfter is { } seconds ? new Dictionary<string, string> { ["Retry-After"] = seconds.ToString(CultureInfo.InvariantCulture) } : null);
    }

    private static TaskCompletionSource NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
