using System.Text.Json;
using DeployFlow.Agent.Actions;
using DeployFlow.Agent.Tests.Fakes;
using DeployFlow.Contracts;
using DeployFlow.Engine;

namespace DeployFlow.Agent.Tests;

/// <summary>Restart and shutdown, with a system that only writes down what it is asked: this machine stays up.</summary>
public sealed class PowerTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("dfp-").FullName;
    private readonly JournalDatabase _database;
    private readonly OngoingActions _ongoing;
    private readonly Journal _journal;
    private readonly CancellationTokenSource _stop = new();
    private int _asked;
    private string? _problem;
    private bool _isStopping;

    public PowerTests()
    {
        _database = new JournalDatabase(Path.Combine(_folder, "journal.db"));
        _ongoing = new OngoingActions(_database);
        _journal = new Journal(_database, TimeProvider.System);
    }

    public void Dispose()
    {
        _stop.Dispose();
        _database.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_restart_is_done_when_the_agent_is_back_in_another_boot()
    {
        var order = Orders.Of(ActionKind.RestartDevice);
        var waiting = Run(order, "boot-1");
        await UntilAskedAsync(1);
        Assert.False(waiting.IsCompleted);
        await AgentEndsAsync(waiting);
        Assert.Equal(ActionOutcome.Succeeded, (await Run(order, "boot-2"))!.Outcome);
        Assert.Equal(1, _asked);
        Assert.Null(_ongoing.Find(order.ActionId));
    }

    [Fact]
    public async Task Back_in_the_same_boot_it_is_asked_again()
    {
        var order = Orders.Of(ActionKind.RestartDevice);
        var waiting = Run(order, "boot-1");
        await UntilAskedAsync(1);
        await AgentEndsAsync(waiting);
        _isStopping = false;
        _ = Run(order, "boot-1");
        await UntilAskedAsync(2);
        Assert.Equal(order.ActionId, _ongoing.Find(order.ActionId)!.Order.ActionId);
    }

    [Theory]
    [InlineData(ActionKind.RestartDevice)]
    [InlineData(ActionKind.ShutDownDevice)]
    public async Task A_system_that_refuses_is_a_sentence(string kind)
    {
        _problem = "a logon is in progress.";
        var end = await Run(Orders.Of(kind), "boot-1");
        Assert.Equal((ActionOutcome.Failed, ErrorCode.RestartRefused), (end!.Outcome, end.Error?.Code));
        Assert.Contains("a logon is in progress", end.Error!.Message);
    }

    [Fact]
    public async Task A_shutdown_is_done_when_the_system_took_the_order()
    {
        Assert.Equal(ActionOutcome.Succeeded, (await Run(Orders.Of(ActionKind.ShutDownDevice), "boot-1"))!.Outcome);
        Assert.Equal(1, _asked);
    }

    [Fact]
    public async Task It_can_be_called_off_while_people_are_given_time()
    {
        var order = Orders.Of(ActionKind.RestartDevice, JsonSerializer.SerializeToElement(new PowerPayload(600), WireJson.Default.PowerPayload));
        var waiting = Run(order, "boot-1");
        await _stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        Assert.Equal(0, _asked);
        Assert.Null(_ongoing.Find(order.ActionId));
    }

    private Task<ActionResult?> Run(ActionOrder order, string bootId) => new PowerActions(
            order.Kind,
            () =>
            {
                Interlocked.Increment(ref _asked);
                return _problem;
            },
            bootId, _ongoing, () => _isStopping, TimeProvider.System)
        .RunAsync(new RunningActionContext(order, _journal, () => { }), _stop.IsCancellationRequested ? CancellationToken.None : _stop.Token);

    private async Task AgentEndsAsync(Task<ActionResult?> waiting)
    {
        _isStopping = true;
        await _stop.CancelAsync();
        Assert.Null(await waiting);
    }

    private async Task UntilAskedAsync(int times)
    {
        while (Volatile.Read(ref _asked) < times)
            await Task.Delay(10, TestContext.Current.CancellationToken);
    }
}
