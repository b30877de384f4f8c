using System.Security.Cryptography;
using System.Text.Json;
using DeployFlow.Agent.Tests.Fakes;
using DeployFlow.Contracts;
using DeployFlow.Engine.Software;

namespace DeployFlow.Agent.Tests;

/// <summary>Software on the real agent: found, brought, run and found again, also where it is killed in between.</summary>
public sealed class SoftwareTests : IAsyncDisposable
{
    private const int Chunk = 64 * 1024;

    private readonly FakeServer _server = new();
    private readonly AgentProcess _agent = AgentProcess.InNewFolder();
    private readonly byte[] _file = new byte[(5 * Chunk) + 1000];

    public SoftwareTests()
    {
        new Random(7).NextBytes(_file);
        _server.Files[Hash(_file)] = _file;
        _agent.Enroll(_server);
    }

    /// <summary>What the commands install.</summary>
    private string Thing => Path.Combine(_agent.DataDirectory, "thing");

    /// <summary>A line for each time a command ran.</summary>
    private string Witness => Path.Combine(_agent.DataDirectory, "witness");

    public ValueTask DisposeAsync()
    {
        _agent.Dispose();
        return _server.DisposeAsync();
    }

    [Fact]
    public async Task It_is_brought_verified_installed_and_found()
    {
        if (OperatingSystem.IsWindows())
            return;
        var order = await EndedAsync(Item($"cp {{installer}} {Thing}", withFile: true));
        Assert.Equal((SoftwareOutcome.Installed, SoftwareState.Installed), (order.Result.Outcome, order.Result.State));
        Assert.Equal(_file, File.ReadAllBytes(Thing));
        Assert.False(Directory.Exists(Path.Combine(_agent.DataDirectory, "installers", Hash(_file))), "The installer was left behind.");
    }

    [Fact]
    public async Task What_is_there_already_is_left_alone_and_said_so()
    {
        if (OperatingSystem.IsWindows())
            return;
        File.WriteAllText(Thing, "");
        var order = await EndedAsync(Item($"sh -c \"echo run >> {Witness}\"", withFile: true));
        Assert.Equal((ActionOutcome.Succeeded, SoftwareOutcome.AlreadyInstalled), (order.End.Outcome, order.Result.Outcome));
        Assert.Contains("installed already", _server.Output(order.End.ActionId, LogSource.Agent));
        Assert.False(File.Exists(Witness));
        Assert.Empty(_server.Fetches);
    }

    [Theory]
    [InlineData("no-such-program --now", ErrorCode.CommandNotFound, "no-such-program")]
    [InlineData("true", ErrorCode.NotDetected, "detection rule does not find it")]
    [InlineData("sh -c \"exit 9\"", ErrorCode.NonZeroExit, "exit code 9")]
    [InlineData("sh -c \"never closed", ErrorCode.CommandNotFound, "not closed")]
    public async Task What_goes_wrong_is_a_sentence(string command, string code, string words)
    {
        if (OperatingSystem.IsWindows())
            return;
        var order = await EndedAsync(Item(command));
        Assert.Equal((ActionOutcome.Failed, code), (order.End.Outcome, order.End.Error?.Code));
        Assert.Contains(words, order.End.Error!.Message);
        Assert.Equal(SoftwareOutcome.Failed, order.Result.Outcome);
    }

    [Theory]
    [InlineData(3010, true)]
    [InlineData(0, false)]
    public async Task An_exit_code_may_ask_for_a_restart(int code, bool reboot)
    {
        if (OperatingSystem.IsWindows())
            return;
        // A shell's exit code has eight bits.
        var item = Item($"sh -c \"touch {Thing}; exit {code % 256}\"") with { ExitCodes = [new(0, "success"), new(3010 % 256, "reboot")] };
        var order = await EndedAsync(item);
        Assert.Equal((ActionOutcome.Succeeded, reboot), (order.End.Outcome, order.Result.Reboot));
        Assert.Equal(reboot, order.End.Result["reboot_required"]!.GetValue<bool>());
    }

    [Fact]
    public async Task It_is_uninstalled_and_no_longer_found()
    {
        if (OperatingSystem.IsWindows())
            return;
        File.WriteAllText(Thing, "");
        var order = await EndedAsync(Item($"rm {Thing}"), ActionKind.UninstallSoftware);
        Assert.Equal((SoftwareOutcome.Uninstalled, SoftwareState.Missing), (order.Result.Outcome, order.Result.State));
        var again = await EndedAsync(Item($"rm {Thing}"), ActionKind.UninstallSoftware);
        Assert.Equal((ActionOutcome.Succeeded, SoftwareOutcome.AlreadyAbsent), (again.End.Outcome, again.Result.Outcome));
    }

    [Fact]
    public async Task A_bundle_goes_on_where_an_item_may_fail_and_stops_where_not()
    {
        if (OperatingSystem.IsWindows())
            return;
        SoftwareOrder[] items =
        [
            Item("false") with { Detection = null, ContinueOnError = true, Name = "first" },
            Item("true") with { Detection = null, OsFamily = "windows", Name = "second" },
            Item($"touch {Thing}") with { Name = "third" },
            Item("false") with { Detection = null, Name = "fourth" },
            Item($"sh -c \"echo run >> {Witness}\"") with { Detection = null, Name = "fifth" },
        ];
        var end = await EndOfAsync(ActionKind.InstallSoftware, items);
        Assert.Equal((ActionOutcome.Failed, ErrorCode.NonZeroExit), (end.Outcome, end.Error?.Code));
        Assert.StartsWith("fourth: ", end.Error!.Message);
        Assert.Equal(
            [SoftwareOutcome.Failed, SoftwareOutcome.NotForThisDevice, SoftwareOutcome.Installed, SoftwareOutcome.Failed],
            Results(end).Select(result => result.Outcome));
        Assert.False(File.Exists(Witness));
    }

    [Fact]
    public async Task A_rule_that_is_a_script_tells_the_version()
    {
        if (OperatingSystem.IsWindows())
            return;
        var rule = new DetectionRule(DetectionType.Script, Language: "sh", Body: $"test -e {Thing} && echo 4.2");
        var missing = await EndedAsync(Item("true") with { Detection = rule }, ActionKind.DetectSoftware);
        Assert.Equal((ActionOutcome.Succeeded, SoftwareState.Missing), (missing.End.Outcome, missing.Result.State));
        File.WriteAllText(Thing, "");
        var there = await EndedAsync(Item("true") with { Detection = rule }, ActionKind.DetectSoftware);
        Assert.Equal((SoftwareState.Installed, "4.2"), (there.Result.State, there.Result.Version));
    }

    [Fact]
    public async Task A_rule_that_cannot_be_asked_here_changes_nothing()
    {
        if (OperatingSystem.IsWindows())
            return;
        var rule = new DetectionRule(DetectionType.Registry, Key: @"HKLM\SOFTWARE\Contoso");
        var order = await EndedAsync(Item($"sh -c \"echo run >> {Witness}\"") with { Detection = rule });
        Assert.Equal(ErrorCode.DetectionFailed, order.End.Error?.Code);
        Assert.False(File.Exists(Witness));
    }

    [Fact]
    public async Task A_damaged_piece_is_fetched_again_and_nothing_else()
    {
        if (OperatingSystem.IsWindows())
            return;
        var damaged = 0;
        _server.Delivery = (reply, from) =>
        {
            if (from > 2 * Chunk || Interlocked.Increment(ref damaged) > 1)
                return reply;
            var body = reply.Body!.ToArray();
            body[(2 * Chunk) + 5] ^= 1;
            return reply with { Body = body };
        };
        var order = await EndedAsync(Item($"cp {{installer}} {Thing}", withFile: true));
        Assert.Equal(ActionOutcome.Succeeded, order.End.Outcome);
        Assert.Equal(_file, File.ReadAllBytes(Thing));
        Assert.Equal(["bytes=0-", $"bytes={2 * Chunk}-"], _server.Fetches);
    }

    [Fact]
    public async Task A_file_that_stays_wrong_is_refused_and_nothing_is_run()
    {
        if (OperatingSystem.IsWindows())
            return;
        _server.Delivery = (reply, from) => reply with { Body = new byte[reply.Body!.Length] };
        var order = await EndedAsync(Item($"cp {{installer}} {Thing}", withFile: true));
        Assert.Equal(ErrorCode.HashMismatch, order.End.Error?.Code);
        Assert.False(File.Exists(Thing));
    }

    [Fact]
    public async Task Another_file_under_the_same_address_is_refused()
    {
        if (OperatingSystem.IsWindows())
            return;
        _server.Delivery = (reply, _) => reply with { Headers = new Dictionary<string, string> { ["ETag"] = "\"another\"" } };
        Assert.Equal(ErrorCode.HashMismatch, (await EndedAsync(Item("true", withFile: true))).End.Error?.Code);
    }

    [Fact]
    public async Task A_download_goes_on_over_cuts_and_the_agents_death()
    {
        if (OperatingSystem.IsWindows())
            return;
        // Each answer brings one piece and a half.
        _server.Delivery = (reply, from) => from + (2 * Chunk) >= _file.Length
            ? reply : reply with { Withheld = reply.Body!.Length - Chunk - (Chunk / 2) };
        _agent.Run();
        var action = Order(ActionKind.InstallSoftware, Item($"cp {{installer}} {Thing}", withFile: true));
        _server.Order(action);
        for (var deaths = 1; deaths <= 4; deaths++)
        {
            var wanted = deaths;
            await _server.UntilAsync(() => _server.Fetches.Count >= wanted, $"fetch {wanted}");
            _agent.Kill();
            _agent.Run();
        }

        var end = await _server.FinishedAsync(action.ActionId);
        Assert.Equal((ActionOutcome.Succeeded, null), (end.Outcome, end.Error));
        Assert.Equal(_file, File.ReadAllBytes(Thing));
    }

    [Fact]
    public async Task Killed_while_it_installs_the_rule_decides_and_nothing_runs_twice()
    {
        if (OperatingSystem.IsWindows())
            return;
        var end = await KilledOnceAsync($"sh -c \"echo run >> {Witness}; touch {Thing}; sleep 60\"", Rule());
        Assert.Equal(ActionOutcome.Succeeded, end.Outcome);
        Assert.Equal(SoftwareOutcome.Installed, Results(end)[0].Outcome);
        Assert.Single(File.ReadAllLines(Witness));
    }

    [Fact]
    public async Task Killed_before_it_took_effect_it_is_tried_once_more()
    {
        if (OperatingSystem.IsWindows())
            return;
        var end = await KilledOnceAsync($"sh -c \"echo run >> {Witness}; test $(wc -l < {Witness}) -gt 1 && touch {Thing} || sleep 60\"", Rule());
        Assert.Equal(ActionOutcome.Succeeded, end.Outcome);
        Assert.Equal(2, File.ReadAllLines(Witness).Length);
    }

    [Fact]
    public async Task Killed_without_a_rule_nobody_knows_and_it_is_not_run_again()
    {
        if (OperatingSystem.IsWindows())
            return;
        var end = await KilledOnceAsync($"sh -c \"echo run >> {Witness}; sleep 60\"", null);
        Assert.Equal((ActionOutcome.Failed, ErrorCode.AgentDied), (end.Outcome, end.Error?.Code));
        Assert.Single(File.ReadAllLines(Witness));
    }

    [Fact]
    public async Task An_action_that_kills_the_agent_each_time_is_left_alone()
    {
        if (OperatingSystem.IsWindows())
            return;
        _agent.Run();
        var rule = new DetectionRule(DetectionType.Script, Language: "sh", Body: $"echo run >> {Witness}; sleep 60");
        var action = Order(ActionKind.InstallSoftware, Item("true") with { Detection = rule });
        _server.Order(action);
        for (var deaths = 1; deaths <= 3; deaths++)
        {
            await RunsAsync(deaths);
            _agent.Kill();
            _agent.Run();
        }

        var end = await _server.FinishedAsync(action.ActionId);
        Assert.Equal((ActionOutcome.Interrupted, ErrorCode.AgentDied), (end.Outcome, end.Error?.Code));
        Assert.Contains("left alone", end.Error!.Message);
        Assert.Equal(3, File.ReadAllLines(Witness).Length);
    }

    [Fact]
    public void Versions_compare_as_on_the_server()
    {
        var pairs = JsonDocument.Parse(Examples.Text("version-comparisons")).RootElement.EnumerateArray().ToList();
        Assert.NotEmpty(pairs);
        foreach (var pair in pairs)
        {
            var (one, other) = (pair.GetProperty("one").GetString()!, pair.GetProperty("other").GetString()!);
            Assert.Equal(pair.GetProperty("order").GetInt32(), VersionComparison.Compare(one, other));
            Assert.Equal(-pair.GetProperty("order").GetInt32(), VersionComparison.Compare(other, one));
        }
    }

    private async Task<FinishedReport> KilledOnceAsync(string command, DetectionRule? rule)
    {
        _agent.Run();
        var action = Order(ActionKind.InstallSoftware, Item(command) with { Detection = rule });
        _server.Order(action);
        await RunsAsync(1);
        _agent.Kill();
        _agent.Run();
        return await _server.FinishedAsync(action.ActionId);
    }

    private async Task RunsAsync(int count)
    {
        while (!File.Exists(Witness) || File.ReadAllLines(Witness).Length < count)
            await Task.Delay(50, TestContext.Current.CancellationToken);
    }

    private async Task<(FinishedReport End, SoftwareResult Result)> EndedAsync(SoftwareOrder item, string kind = ActionKind.InstallSoftware)
    {
        var end = await EndOfAsync(kind, item);
        return (end, Results(end)[0]);
    }

    private async Task<FinishedReport> EndOfAsync(string kind, params SoftwareOrder[] items)
    {
        if (_server.CheckIns.Count == 0)
            _agent.Run();
        var action = Order(kind, items);
        _server.Order(action);
        return await _server.FinishedAsync(action.ActionId);
    }

    private static ActionOrder Order(string kind, params SoftwareOrder[] items) =>
        Orders.Of(kind, JsonSerializer.SerializeToElement(new SoftwarePayload(items), WireJson.Default.SoftwarePayload));

    private SoftwareOrder Item(string command, bool withFile = false) => new(
        "s", "v", "Thing", "1.0", "linux", null, null, command, 90, Rule(), [new(0, "success")], withFile ? Installer() : null);

    private DetectionRule Rule() => new(DetectionType.File, Path: Thing);

    private SoftwareInstaller Installer() => new(
        "thing.bin", Hash(_file), _file.Length, Chunk, [.. _file.Chunk(Chunk).Select(piece => Hash(piece))]);

    private static List<SoftwareResult> Results(FinishedReport end) =>
        [.. end.Result["software"].Deserialize(WireJson.Default.IReadOnlyListSoftwareResult)!];

    private static string Hash(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));
}
