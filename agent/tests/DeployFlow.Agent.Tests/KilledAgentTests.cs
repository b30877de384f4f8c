using DeployFlow.Agent.Tests.Fakes;
using DeployFlow.Contracts;

namespace DeployFlow.Agent.Tests;

/// <summary>What the agent guarantees although it is killed: the real program, really killed.</summary>
public sealed class KilledAgentTests : IAsyncDisposable
{
    private readonly FakeServer _server = new();
    private readonly AgentProcess _agent = AgentProcess.InNewFolder();

    private string Witness => Path.Combine(_agent.DataDirectory, "witness");

    public KilledAgentTests() => _agent.Enroll(_server);

    public ValueTask DisposeAsync()
    {
        _agent.Dispose();
        return _server.DisposeAsync();
    }

    [Fact]
    public async Task A_started_action_is_reported_as_interrupted_and_never_run_again()
    {
        var order = await StartedAsync(60);
        _agent.Kill();
        _agent.Run();
        var end = await _server.FinishedAsync(order.ActionId);
        Assert.Equal((ActionOutcome.Interrupted, ErrorCode.AgentDied), (end.Outcome, end.Error?.Code));
        _server.Order(order with { Fence = 2 });
        await _server.UntilAsync(() => _server.Reports.OfType<FinishedReport>().Any(report => report.Fence == 2), "the same end under the new fence");
        Assert.Single(File.ReadAllLines(Witness));
        Assert.Single(_server.Reports.OfType<StartedReport>());
    }

    [Fact]
    public async Task What_the_dead_agent_had_started_is_killed_at_the_next_start()
    {
        var order = await StartedAsync(4, after: $"echo late >> \"{Witness}\"");
        _agent.Kill();
        _agent.Run();
        await _server.FinishedAsync(order.ActionId);
        await Task.Delay(TimeSpan.FromSeconds(5));
        Assert.Single(File.ReadAllLines(Witness));
    }

    [Fact]
    public async Task A_result_that_could_not_be_reported_survives_the_agent()
    {
        _server.Fault = call => call == "reports" ? (503, "unavailable", null) : null;
        _agent.Run();
        // Not so short that it is over before a check-in names it.
        var order = Orders.Script($"echo run>> \"{Witness}\"\n{Orders.Sleep(2)}");
        _server.Order(order);
        await _server.UntilAsync(() => _server.CheckIns.Any(call => call.Running.Count > 0), "the start");
        await _server.UntilAsync(() => _server.Latest.Running.Count == 0, "the end");
        _agent.Kill();
        _server.Fault = _ => null;
        _agent.Run();
        var end = await _server.FinishedAsync(order.ActionId);
        Assert.Equal((ActionOutcome.Succeeded, 0), (end.Outcome, end.ExitCode));
        Assert.Equal(["StartedReport", "FinishedReport"], _server.Reports.Where(report => report is not LogReport).Select(report => report.GetType().Name));
        Assert.Single(File.ReadAllLines(Witness));
    }

    [Fact]
    public async Task Killed_at_any_moment_it_runs_nothing_twice_and_loses_no_end()
    {
        var random = new Random(20261123);
        var orders = new List<ActionOrder>();
        for (var round = 0; round < 8; round++)
        {
            _agent.Run();
            for (var count = 0; count < 3; count++)
            {
                var order = Orders.Script($"echo {orders.Count}x>> \"{Witness}\"");
                orders.Add(order);
                _server.Order(order);
            }

            await Task.Delay(random.Next(100, 900));
            _agent.Kill();
        }

        _agent.Run();
        foreach (var order in orders)
            await _server.FinishedAsync(order.ActionId);
        var runs = File.ReadAllLines(Witness).Select(line => line.Trim()).ToList();
        Assert.Equal(runs.Distinct().Count(), runs.Count);
        // Whoever says "succeeded" did run; whoever was cut off says "interrupted".
        var succeeded = orders.Where(order => _server.Reports.OfType<FinishedReport>().First(report => report.ActionId == order.ActionId).Outcome == ActionOutcome.Succeeded);
        Assert.All(succeeded, order => Assert.Contains($"{orders.IndexOf(order)}x", runs));
    }

    [Fact]
    public async Task A_restart_is_reported_by_the_next_run()
    {
        _agent.Run();
        var order = Orders.Of(ActionKind.RestartAgent);
        _server.Order(order);
        Assert.Equal(ActionOutcome.Succeeded, (await _server.FinishedAsync(order.ActionId)).Outcome);
        await _server.UntilAsync(() => _server.CheckIns.Select(call => call.RunId).Distinct().Count() == 2, "a second run");
        Assert.Equal(_server.CheckIns[0].BootId, _server.Latest.BootId);
    }

    [Fact]
    public async Task A_stop_interrupts_what_runs_and_says_goodbye()
    {
        if (OperatingSystem.IsWindows())
            return;
        var order = await StartedAsync(60);
        Assert.Equal(0, _agent.Stop());
        Assert.Equal(ActionOutcome.Interrupted, (await _server.FinishedAsync(order.ActionId)).Outcome);
        Assert.Equal(AgentStatus.Stopping, _server.Latest.Status);
    }

    [Fact]
    public async Task Two_agents_cannot_share_a_data_folder()
    {
        _agent.Run();
        await _server.UntilAsync(() => _server.CheckIns.Count > 0, "a check-in");
        var (exitCode, _, errors) = _agent.Call("run");
        Assert.Equal(7, exitCode);
        Assert.Contains("Another agent runs", errors);
    }

    private async Task<ActionOrder> StartedAsync(int seconds, string after = "")
    {
        _agent.Run();
        var order = Orders.Script($"echo run>> \"{Witness}\"\n{Orders.Sleep(seconds)}{after}\n");
        _server.Order(order);
        await _server.UntilAsync(() => _server.Output(order.ActionId).Contains("begun"), "the script's first output");
        return order;
    }
}
