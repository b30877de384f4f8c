using System.Text.Json.Nodes;
using DeployFlow.Agent.Tests.Fakes;
using DeployFlow.Contracts;

namespace DeployFlow.Agent.Tests;

public sealed class CommandTests : IAsyncDisposable
{
    private readonly FakeServer _server = new();
    private readonly AgentProcess _agent = AgentProcess.InNewFolder();

    public ValueTask DisposeAsync()
    {
        _agent.Dispose();
        return _server.DisposeAsync();
    }

    [Fact]
    public void Before_enrollment_commands_say_what_to_do()
    {
        var (exitCode, _, errors) = _agent.Call("run");
        Assert.Equal(5, exitCode);
        Assert.Contains("enroll --server", errors);
        Assert.Equal(5, _agent.Call("status").ExitCode);
        Assert.Equal(8, _agent.Call("diagnose").ExitCode);
    }

    [Theory]
    [InlineData(ProblemCode.TokenInvalid, 401, 3)]
    [InlineData(ProblemCode.TokenUsedUp, 401, 3)]
    [InlineData(ProblemCode.TokenNotAllowedHere, 401, 3)]
    [InlineData("unavailable", 503, 4)]
    public void A_refused_enrollment_has_its_own_exit_code_and_one_line(string code, int status, int exitCode)
    {
        _server.Fault = _ => (status, code, 0);
        var result = _agent.Call("enroll", "--server", _server.Url, "--token", "dfe_x");
        Assert.Equal(exitCode, result.ExitCode);
        Assert.Single(result.Errors.Trim().Split('\n'));
        Assert.Contains(code, result.Errors);
        Assert.False(File.Exists(Path.Combine(_agent.DataDirectory, "agent.json")));
    }

    [Fact]
    public void A_token_may_come_from_standard_input()
    {
        Assert.Equal(0, _agent.CallWith("dfe_piped\n", "enroll", "--server", _server.Url, "--token", "-").ExitCode);
        Assert.Equal("dfe_piped", _server.Enrollments[0].Token);
    }

    [Fact]
    public void After_a_lost_answer_the_same_key_enrolls_again()
    {
        _server.BreakAfter = _ => _server.Enrollments.Count == 1;
        Assert.Equal(0, _agent.Call("enroll", "--server", _server.Url, "--token", "dfe_x").ExitCode);
        Assert.Equal(2, _server.Enrollments.Count);
        Assert.Single(_server.Enrollments.Select(call => call.PublicKey).Distinct());
    }

    [Theory]
    [InlineData("http://fleet.example.com", "--insecure-http")]
    [InlineData("ftp://fleet.example.com", "server address")]
    [InlineData("fleet", "server address")]
    public void An_unusable_address_is_a_usage_error(string address, string says)
    {
        var (exitCode, _, errors) = _agent.Call("enroll", "--server", address, "--token", "dfe_x");
        Assert.Equal(2, exitCode);
        Assert.Contains(says, errors);
    }

    [Fact]
    public async Task Status_and_diagnose_tell_what_is()
    {
        _agent.Enroll(_server);
        Assert.Equal(2, _agent.Call("enroll", "--server", _server.Url, "--token", "dfe_x").ExitCode);
        _agent.Run();
        await _server.UntilAsync(() => _server.CheckIns.Count >= 2, "check-ins");
        var status = JsonNode.Parse(_agent.Call("status", "--json").Output)!;
        Assert.Equal(_server.DeviceId, (string?)status["device_id"]);
        Assert.True((bool)status["running"]!);
        Assert.Equal("active", (string?)status["device_state"]);
        var diagnosis = JsonNode.Parse(_agent.Call("diagnose", "--json").Output)!;
        Assert.True((bool)diagnosis["healthy"]!, diagnosis.ToJsonString());
        Assert.Contains(diagnosis["checks"]!.AsArray(), check => (string?)check!["check"] == "signed_call");
        _server.Fault = _ => (403, ProblemCode.DeviceRevoked, null);
        var (exitCode, output, _) = _agent.Call("diagnose");
        Assert.Equal(8, exitCode);
        Assert.Contains("new token", output);
    }

    [Fact]
    public void The_configuration_and_key_are_the_owners_alone()
    {
        if (OperatingSystem.IsWindows())
            return;
        _agent.Enroll(_server);
        foreach (var name in new[] { "agent.json", "device.key" })
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(_agent.DataDirectory, name)));
    }
}
