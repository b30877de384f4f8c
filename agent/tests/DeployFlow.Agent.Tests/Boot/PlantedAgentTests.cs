using System.Text.Json;
using DeployFlow.Agent.Hosting;
using DeployFlow.Agent.Tests.Fakes;
using DeployFlow.Contracts;
using DeployFlow.Engine.Steps;

namespace DeployFlow.Agent.Tests.Boot;

/// <summary>The agent's first run on a machine that a deployment has made: the real program, with what it finds planted.</summary>
public sealed class PlantedAgentTests : IAsyncDisposable
{
    private const string Token = "dfe_planted";

    private readonly FakeServer _server = new();
    private readonly AgentProcess _agent = AgentProcess.InNewFolder();

    public ValueTask DisposeAsync()
    {
        _agent.Dispose();
        return _server.DisposeAsync();
    }

    [Fact]
    public async Task A_planted_token_makes_it_a_device_and_is_gone_afterwards()
    {
        Plant();
        _agent.Run();
        await _server.UntilAsync(() => _server.CheckIns.Count > 0, "the first check-in");
        Assert.Equal(Token, Assert.Single(_server.Enrollments).Token);
        Assert.Equal([], Planted());
        using var configuration = JsonDocument.Parse(File.ReadAllText(In("agent.json")));
        Assert.Equal(_server.DeviceId, configuration.RootElement.GetProperty("device_id").GetString());
        var order = Orders.Script("echo here");
        _server.Order(order);
        Assert.Equal(ActionOutcome.Succeeded, (await _server.FinishedAsync(order.ActionId)).Outcome);
    }

    [Fact]
    public async Task It_asks_until_the_server_answers()
    {
        var asked = 0;
        _server.Fault = call => call == "enroll" && ++asked <= 2 ? (503, "unavailable", null) : null;
        Plant();
        _agent.Run();
        await _server.UntilAsync(() => _server.CheckIns.Count > 0, "the first check-in");
        Assert.Equal(3, asked);
    }

    [Fact]
    public void A_refused_token_ends_it_with_its_own_exit_code_and_stays_for_a_person_to_see()
    {
        _server.Fault = call => call == "enroll" ? (401, ProblemCode.TokenExpired, null) : null;
        Plant();
        var (exitCode, _, errors) = _agent.Call("run");
        Assert.Equal(ExitCode.EnrollmentRefused, exitCode);
        Assert.Contains("enroll by hand", errors);
        Assert.Equal([FirstBootFile.Token, FirstBootFile.Name], Planted());
    }

    [Fact]
    public async Task What_a_death_in_the_middle_left_is_removed_by_the_next_run()
    {
        _agent.Enroll(_server);
        Plant();
        _agent.Run();
        await _server.UntilAsync(() => _server.CheckIns.Count > 0, "the first check-in");
        Assert.Equal([], Planted());
        Assert.Single(_server.Enrollments);
    }

    [Fact]
    public void Damaged_files_are_one_line_that_says_what_to_do()
    {
        Plant();
        File.WriteAllText(In(FirstBootFile.Name), "{");
        var (exitCode, _, errors) = _agent.Call("run");
        Assert.NotEqual(ExitCode.Success, exitCode);
        Assert.Contains("enroll by hand", errors);
    }

    private void Plant()
    {
        Directory.CreateDirectory(_agent.DataDirectory);
        File.WriteAllBytes(In(FirstBootFile.Name), new FirstBootFile(_server.Url, true, false, Guid.NewGuid().ToString()).Bytes());
        File.WriteAllText(In(FirstBootFile.Token), Token);
    }

    private IEnumerable<string> Planted() => new[] { FirstBootFile.Token, FirstBootFile.Name }.Where(name => File.Exists(In(name)));

    private string In(string name) => Path.Combine(_agent.DataDirectory, name);
}
