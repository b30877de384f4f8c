using System.Text.Json;
using DeployFlow.Agent.Tests.Fakes;
using DeployFlow.Contracts;
using DeployFlow.Engine.Scripts;

namespace DeployFlow.Agent.Tests;

/// <summary>The real program against the fake server.</summary>
public sealed class AgentStoryTests : IAsyncLifetime
{
    private readonly FakeServer _server = new();
    private readonly AgentProcess _agent = AgentProcess.InNewFolder();

    public ValueTask InitializeAsync()
    {
        _agent.Enroll(_server);
        _agent.Run();
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync()
    {
        _agent.Dispose();
        return _server.DisposeAsync();
    }

    [Fact]
    public async Task A_script_runs_and_its_output_and_end_are_reported_in_order()
    {
        var order = Orders.Script("echo hello\necho oops>&2\nexit 3\n");
        _server.Order(order);
        var end = await _server.FinishedAsync(order.ActionId);
        Assert.Equal((ActionOutcome.Failed, 3, ErrorCode.NonZeroExit), (end.Outcome, end.ExitCode, end.Error?.Code));
        Assert.Equal("hello\n", _server.Output(order.ActionId).ReplaceLineEndings("\n"));
        Assert.Equal("oops\n", _server.Output(order.ActionId, LogSource.Err).ReplaceLineEndings("\n"));
        Assert.IsType<StartedReport>(_server.Reports[0]);
        Assert.IsType<FinishedReport>(_server.Reports[^1]);
        Assert.Equal(Enumerable.Range(0, end.LogChunks), _server.Reports.OfType<LogReport>().Select(log => log.Seq));
        Assert.Empty(_server.Refusals);
    }

    [Fact]
    public async Task Parameters_are_variables_and_secret_ones_are_masked_in_the_output()
    {
        var order = Orders.Script(
            OperatingSystem.IsWindows() ? "echo %DF_NAME%-%DF_PASSWORD%" : "echo \"$DF_NAME-$DF_PASSWORD\"",
            parameters: new Dictionary<string, string> { ["Name"] = "Zoë", ["Password"] = "hunter2" },
            secrets: ["Password"]);
        _server.Order(order);
        await _server.FinishedAsync(order.ActionId);
        Assert.Equal($"Zoë-{OutputRedactor.Mask}", _server.Output(order.ActionId).Trim());
    }

    [Fact]
    public async Task Output_arrives_while_the_script_runs()
    {
        var order = Orders.Script(Orders.Sleep(30));
        _server.Order(order);
        await _server.UntilAsync(() => _server.Output(order.ActionId).Contains("begun"), "live output");
        Assert.DoesNotContain(_server.Reports, report => report is FinishedReport);
        await _server.UntilAsync(() => _server.Latest.Running.Any(running => running.ActionId == order.ActionId), "the action in `running`");
        _server.Cancel(order.ActionId);
        Assert.Equal(ActionOutcome.Cancelled, (await _server.FinishedAsync(order.ActionId)).Outcome);
    }

    [Fact]
    public async Task A_timeout_kills_the_script_and_what_it_started()
    {
        var order = Orders.Script(OperatingSystem.IsWindows() ? Orders.Sleep(60) : "(setsid sleep 61 &) ; sleep 60 & sleep 60", timeoutS: 1);
        _server.Order(order);
        var end = await _server.FinishedAsync(order.ActionId);
        Assert.Equal((ActionOutcome.TimedOut, ErrorCode.TimedOut), (end.Outcome, end.Error?.Code));
        Assert.InRange((end.At - _server.Reports.OfType<StartedReport>().First().At).TotalSeconds, 1, 30);
        Assert.Empty(Marked(order.ActionId));
    }

    [Fact]
    public async Task An_end_makes_room_for_more_than_four_actions()
    {
        var orders = Enumerable.Range(0, 9).Select(_ => Orders.Script("echo done")).ToList();
        orders.ForEach(_server.Order);
        foreach (var order in orders)
            Assert.Equal(ActionOutcome.Succeeded, (await _server.FinishedAsync(order.ActionId)).Outcome);
        Assert.InRange(MostAtOnce(), 1, 4);
    }

    [Fact]
    public async Task What_calls_that_cross_bring_beyond_the_slots_waits_for_its_turn()
    {
        var orders = Enumerable.Range(0, 7).Select(_ => Orders.Script(Orders.Sleep(2))).ToList();
        orders[..3].ForEach(_server.OrderByOvertakenCall);
        orders[3..].ForEach(_server.OrderByOvertakingCall);
        _server.Order(Orders.Script("echo overtake"));
        foreach (var order in orders)
            Assert.Equal(ActionOutcome.Succeeded, (await _server.FinishedAsync(order.ActionId)).Outcome);
        Assert.InRange(MostAtOnce(), 1, 4);
        Assert.Equal(8, _server.Reports.OfType<StartedReport>().Select(report => report.ActionId).Distinct().Count());
        Assert.Equal(8, _server.Reports.OfType<StartedReport>().Count());
    }

    [Fact]
    public async Task Orders_that_are_not_understood_are_refused_and_do_not_stop_others()
    {
        var unknown = Orders.Of("paint_it_black");
        var expired = Orders.Script("echo never") with { ExpiresAt = DateTimeOffset.UtcNow.AddSeconds(-1) };
        var altered = Orders.Of(ActionKind.RunScript, JsonSerializer.SerializeToElement(
            new RunScriptPayload("sh", "echo never", new string('0', 64)), WireJson.Default.RunScriptPayload));
        var good = Orders.Script("echo good");
        foreach (var order in new[] { unknown, expired, altered, good })
            _server.Order(order);
        Assert.Equal(ErrorCode.UnsupportedKind, (await _server.FinishedAsync(unknown.ActionId)).Error?.Code);
        Assert.Equal(ActionOutcome.Expired, (await _server.FinishedAsync(expired.ActionId)).Outcome);
        Assert.Equal(ErrorCode.HashMismatch, (await _server.FinishedAsync(altered.ActionId)).Error?.Code);
        Assert.Equal(ActionOutcome.Succeeded, (await _server.FinishedAsync(good.ActionId)).Outcome);
        Assert.DoesNotContain(_server.Reports.OfType<StartedReport>(), report => report.ActionId == expired.ActionId || report.ActionId == unknown.ActionId);
    }

    [Fact]
    public async Task Broken_connections_lose_and_double_nothing()
    {
        var broken = 0;
        _server.BreakAfter = call => call == "reports" && Interlocked.Increment(ref broken) <= 2;
        var order = Orders.Script("echo once");
        _server.Order(order);
        await _server.UntilAsync(() => broken > 2, "a third try");
        await _server.FinishedAsync(order.ActionId);
        Assert.Equal("once", _server.Output(order.ActionId).Trim());
        _server.KillConnections();
        var next = Orders.Script("echo twice");
        _server.Order(next);
        Assert.Equal(ActionOutcome.Succeeded, (await _server.FinishedAsync(next.ActionId)).Outcome);
    }

    [Fact]
    public async Task A_report_the_server_cannot_read_does_not_hold_up_the_others()
    {
        _server.Fault = call => call == "reports" && _server.Reports.Count == 0 ? (422, "malformed", null) : null;
        var poison = Orders.Script("echo poison");
        _server.Order(poison);
        // Once in a batch, and once alone: then it is dropped.
        await _server.UntilAsync(() => _server.Faults.Count >= 2, "refused reports");
        _server.Fault = _ => null;
        var good = Orders.Script("echo good");
        _server.Order(good);
        Assert.Equal(ActionOutcome.Succeeded, (await _server.FinishedAsync(good.ActionId)).Outcome);
    }

    [Fact]
    public async Task A_stale_fence_ends_the_action_and_its_reports()
    {
        var order = Orders.Script(Orders.Sleep(60));
        _server.Outcome = report => report.ActionId == order.ActionId ? "stale" : "accepted";
        // Its first report would end it before a check-in names it.
        _server.Fault = call => call == "reports" && _server.CheckIns.All(seen => seen.Running.Count == 0) ? (503, "unavailable", null) : null;
        _server.Order(order);
        await _server.UntilAsync(() => _server.Latest.Running.Count == 1, "the start");
        await _server.UntilAsync(() => _server.Latest.Running.Count == 0, "the end");
        Assert.Empty(Marked(order.ActionId));
    }

    [Fact]
    public async Task A_running_action_takes_over_a_newer_fence()
    {
        var order = Orders.Script(Orders.Sleep(60));
        _server.Order(order);
        await _server.UntilAsync(() => _server.Latest.Running.Count == 1, "the start");
        _server.Order(order with { Fence = 7 });
        // A machine that is held up for seconds has it handed out once more.
        await _server.UntilAsync(() => _server.Latest.Running is [{ Fence: >= 7 }], "the newer fence");
        _server.Cancel(order.ActionId);
        Assert.InRange((await _server.FinishedAsync(order.ActionId)).Fence, 7, 8);
        Assert.Single(_server.Reports.OfType<StartedReport>());
    }

    [Fact]
    public async Task Orders_that_cross_with_a_newer_call_are_taken()
    {
        var crossing = Orders.Script("echo crossing");
        _server.OrderByOvertakenCall(crossing);
        _server.Order(Orders.Script("echo overtake"));
        var end = await _server.FinishedAsync(crossing.ActionId);
        Assert.Equal((ActionOutcome.Succeeded, 1), (end.Outcome, end.Fence));
    }

    [Fact]
    public async Task An_ended_action_that_is_handed_out_again_is_reported_again_and_not_run()
    {
        var file = Path.Combine(_agent.DataDirectory, "count");
        var order = Orders.Script($"echo run >> \"{file}\"");
        _server.Order(order);
        await _server.FinishedAsync(order.ActionId);
        _server.Order(order with { Fence = 2 });
        await _server.UntilAsync(() => _server.Reports.OfType<FinishedReport>().Any(report => report.Fence == 2), "the result under the new fence");
        Assert.Single(File.ReadAllLines(file));
    }

    [Fact]
    public async Task The_receipt_is_shown_from_the_second_check_in_on()
    {
        await _server.UntilAsync(() => _server.CheckIns.Count >= 2, "a second check-in");
        Assert.Null(_server.CheckIns[0].Receipt);
        Assert.Equal($"receipt-{_server.CheckIns[0].RunId}", _server.CheckIns[1].Receipt);
    }

    [Fact]
    public async Task The_inventory_is_sent_when_it_is_wanted()
    {
        _server.WantsInventory = true;
        _server.Wake();
        await _server.UntilAsync(() => _server.Inventories.Count > 0, "the inventory");
        await _server.UntilAsync(() => _server.Latest.InventoryHash == _server.Inventories[0].Hash, "its hash");
        var order = Orders.Of(ActionKind.RefreshInventory);
        _server.Order(order);
        Assert.Equal(ActionOutcome.Succeeded, (await _server.FinishedAsync(order.ActionId)).Outcome);
    }

    [Fact]
    public async Task A_server_in_another_year_is_understood()
    {
        await _server.UntilAsync(() => _server.CheckIns.Count >= 1, "a check-in");
        _server.ClockOffset = TimeSpan.FromDays(-400);
        _server.KillConnections();
        await _server.UntilAsync(() => _server.Refusals.Contains(ProblemCode.ClockSkew), "a refused signature");
        var order = Orders.Script("echo back") with { ExpiresAt = DateTimeOffset.UtcNow.AddDays(-399) };
        _server.Order(order);
        Assert.Equal(ActionOutcome.Succeeded, (await _server.FinishedAsync(order.ActionId)).Outcome);
        Assert.InRange(_server.Refusals.Count, 1, 3);
    }

    /// <summary>How many ran at once. Reports come in the order in which things happened.</summary>
    private int MostAtOnce()
    {
        var running = 0;
        return _server.Reports.Max(report => running += report switch { StartedReport => 1, FinishedReport => -1, _ => 0 });
    }

    private static IEnumerable<int> Marked(string actionId) => OperatingSystem.IsWindows()
        ? []
        : Directory.EnumerateDirectories("/proc")
            .Select(folder => int.TryParse(Path.GetFileName(folder), out var pid) ? pid : 0)
            .Where(pid => pid > 0 && Environment(pid).Contains($"DEPLOYFLOW_ACTION_ID={actionId}"));

    private static string Environment(int pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/environ");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
