using System.Text;
using System.Text.Json;
using DeployFlow.Agent.Actions;
using DeployFlow.Agent.Deploy;
using DeployFlow.Agent.Http;
using DeployFlow.Agent.Software;
using DeployFlow.Agent.Tests.Fakes;
using DeployFlow.Contracts;
using DeployFlow.Contracts.Boot;
using DeployFlow.Engine;
using DeployFlow.Engine.Os;
using DeployFlow.Engine.Scripts;
using DeployFlow.Engine.Software;
using DeployFlow.Engine.Steps;

namespace DeployFlow.Agent.Tests.Boot;

/// <summary>What is left of a deployment for the installed system, over restarts of the agent and of the machine.</summary>
public sealed class FinishDeploymentTests : IAsyncDisposable
{
    private const string Secret = "canary-in-the-os";

    private readonly FakeServer _server = new();
    private readonly AgentProcess _agent = AgentProcess.InNewFolder();

    public ValueTask DisposeAsync()
    {
        _agent.Dispose();
        return _server.DisposeAsync();
    }

    private static string Language => OperatingSystem.IsWindows() ? ScriptLanguage.Cmd : "sh";

    private string Witness => Path.Combine(_agent.DataDirectory, "witness");

    [Fact]
    public async Task Its_steps_run_with_variables_and_secrets_and_are_reported()
    {
        Start();
        var order = Order(
            Script(Echo("%DF_VAR_SITE% %DF_PASSWORD%", "$DF_VAR_SITE $DF_PASSWORD"), "parameter:Password"),
            Plans.Task(TaskType.SetVariable, new SetVariableConfiguration("where", "{site}-2"), BootJson.Default.SetVariableConfiguration, DeploymentPhase.Os),
            Script("exit 7") with { Condition = new PlanCondition("where", "eq", "elsewhere") },
            Script("exit 9") with { ContinueOnError = true },
            Script(Echo("%DF_VAR_WHERE%", "$DF_VAR_WHERE")));
        _server.Order(order);
        Assert.Equal(ActionOutcome.Succeeded, (await _server.FinishedAsync(order.ActionId)).Outcome);

        Assert.Equal(
            [StepOutcome.Succeeded, StepOutcome.Succeeded, StepOutcome.Skipped, StepOutcome.Failed, StepOutcome.Succeeded],
            _server.DeploymentReports.OfType<StepFinishedReport>().Select(step => step.Outcome));
        Assert.Equal(Enumerable.Range(0, _server.DeploymentReports.Count), _server.DeploymentReports.Select(report => report.Seq));
        var output = string.Concat(_server.DeploymentReports.OfType<StepLogReport>().Where(log => log.Stream == StepLogSource.Out).Select(log => log.Text));
        Assert.Contains($"BER {OutputRedactor.Mask}", output);
        Assert.Contains("BER-2", output);
        Assert.Null(_server.DeploymentReports.OfType<PhaseFinishedReport>().Single().Error);
        AssertNoSecretIsLeft();
    }

    [Fact]
    public async Task Software_is_installed_one_after_the_other_and_the_step_fails_with_the_item()
    {
        if (OperatingSystem.IsWindows())
            return;
        Start();
        SoftwareOrder Item(string name, string command, bool mayFail = false) => new(
            "s", "v", name, "1.0", "linux", null, null, command, 60, null, [new(0, "success")], null, mayFail);
        SoftwareOrder[] items = [Item("first", "false", mayFail: true), Item("second", $"touch {Witness}"), Item("third", "no-such-program")];
        var configuration = new SoftwareBundleConfiguration([.. items.Select(item => JsonSerializer.SerializeToElement(item, WireJson.Default.SoftwareOrder))]);
        var order = Order(Plans.Task(TaskType.SoftwareBundle, configuration, BootJson.Default.SoftwareBundleConfiguration, DeploymentPhase.Os));
        _server.Order(order);
        Assert.Equal(ActionOutcome.Failed, (await _server.FinishedAsync(order.ActionId)).Outcome);
        Assert.True(File.Exists(Witness));
        var error = _server.DeploymentReports.OfType<StepFinishedReport>().Single().Error;
        Assert.Equal(StepErrorCode.SoftwareFailed, error?.Code);
        Assert.StartsWith("third: The program 'no-such-program'", error!.Message);
    }

    [Fact]
    public async Task A_step_that_a_death_cut_short_is_a_failed_attempt_and_is_tried_again_if_it_may_be()
    {
        Start();
        var order = Order(
            Script(Append("first")),
            Script($"{Append("second")}\n{Orders.Sleep(5)}") with { Retries = 1 },
            Script(Append("third")));
        _server.Order(order);
        await _server.UntilAsync(() => _server.DeploymentReports.OfType<StepLogReport>().Any(log => log.Position == 1 && log.Text.Contains("begun")), "the second step");
        _agent.Kill();
        _agent.Run();
        Assert.Equal(ActionOutcome.Succeeded, (await _server.FinishedAsync(order.ActionId)).Outcome);
        Assert.Equal(["first", "second", "second", "third"], File.ReadAllLines(Witness).Select(line => line.Trim()));
        var second = _server.DeploymentReports.OfType<StepFinishedReport>().Where(step => step.Position == 1).ToList();
        Assert.Equal([(1, StepOutcome.Failed), (2, StepOutcome.Succeeded)], second.Select(step => (step.Attempt, step.Outcome)));
        Assert.Contains("restarted while this step ran", second[0].Error!.Message);
    }

    [Fact]
    public async Task What_could_not_be_reported_is_told_after_a_death()
    {
        Start();
        _server.Fault = call => call.StartsWith("deployments/", StringComparison.Ordinal) ? (503, "unavailable", null) : null;
        var order = Order(Script($"{Append("once")}\nexit 4"));
        _server.Order(order);
        for (var tries = 0; !File.Exists(Witness) && tries < 600; tries++)
            await Task.Delay(100);
        await Task.Delay(1000);
        _agent.Kill();
        _server.Fault = _ => null;
        _agent.Run();
        var end = await _server.FinishedAsync(order.ActionId);
        Assert.Equal((ActionOutcome.Failed, StepErrorCode.ScriptFailed), (end.Outcome, end.Error?.Code));
        Assert.Single(File.ReadAllLines(Witness));
        Assert.Equal("The script ended with exit code 4.", _server.DeploymentReports.OfType<StepFinishedReport>().Single().Error!.Message);
    }

    [Fact]
    public async Task A_restart_it_asks_for_leads_on_behind_the_step_that_asked()
    {
        using var machine = new RestartingMachine(_agent.DataDirectory, _server);
        var order = Order(
            Script(Append("before")),
            Plans.Task(TaskType.Reboot, new RebootConfiguration("os"), BootJson.Default.RebootConfiguration, DeploymentPhase.Os),
            Script(Append("between") + "\nexit 3010"),
            Script(Append("after")));
        machine.Begin(order);
        Assert.Null(await machine.RunAsync("boot-1"));
        // The agent was started again before the machine was: it asks once more, and runs nothing.
        Assert.Null(await machine.RunAsync("boot-1"));
        Assert.Equal(["before"], Lines());
        Assert.Null(await machine.RunAsync("boot-2"));
        Assert.Equal(["before", "between"], Lines());
        var end = await machine.RunAsync("boot-3");
        Assert.Equal(ActionOutcome.Succeeded, end!.Outcome);
        Assert.Equal(["before", "between", "after"], Lines());
        Assert.Equal(3, machine.Restarts);
        Assert.Equal(Enumerable.Range(0, _server.DeploymentReports.Count), _server.DeploymentReports.Select(report => report.Seq));
        Assert.Equal([1, 1, 1, 1], _server.DeploymentReports.OfType<StepStartedReport>().Select(step => step.Attempt));
    }

    [Fact]
    public async Task A_machine_that_refuses_to_restart_fails_with_its_words()
    {
        using var machine = new RestartingMachine(_agent.DataDirectory, _server) { Refusal = "a policy forbids it" };
        machine.Begin(Order(
            Plans.Task(TaskType.Reboot, new RebootConfiguration("os"), BootJson.Default.RebootConfiguration, DeploymentPhase.Os), Script(Append("after"))));
        var end = await machine.RunAsync("boot-1");
        Assert.Equal("The machine cannot be restarted: a policy forbids it", end!.Error!.Message);
        Assert.False(File.Exists(Witness));
        AssertNoSecretIsLeft();
    }

    private void Start()
    {
        _agent.Enroll(_server);
        _agent.Run();
    }

    private IEnumerable<string> Lines() => File.ReadAllLines(Witness).Select(line => line.Trim());

    private string Append(string word) => $"echo {word}>> \"{Witness}\"";

    private static string Echo(string cmd, string sh) => OperatingSystem.IsWindows() ? $"echo {cmd}" : $"echo \"{sh}\"";

    private static PlanTask Script(string body, params string[] secrets) => Plans.Script(body + "\n", "os", Language, secrets);

    /// <summary>Positions go on behind those of the boot environment.</summary>
    private static ActionOrder Order(params PlanTask[] tasks)
    {
        var payload = new FinishDeploymentPayload(
            Guid.NewGuid().ToString(), [.. tasks.Select((task, index) => task with { Position = index })], new Dictionary<string, string> { ["site"] = "BER" },
            [new StepSecret(0, "parameter:Password", Secret)]);
        return Orders.Of(ActionKind.FinishDeployment, JsonSerializer.SerializeToElement(payload, BootJson.Default.FinishDeploymentPayload)) with { TimeoutS = 600 };
    }

    private void AssertNoSecretIsLeft()
    {
        foreach (var file in Directory.EnumerateFiles(_agent.DataDirectory, "journal.db*"))
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using var content = new MemoryStream();
            stream.CopyTo(content);
            Assert.True(content.ToArray().AsSpan().IndexOf(Encoding.UTF8.GetBytes(Secret)) < 0, $"{file} holds the secret.");
        }
    }

    /// <summary>The same program over several starts of the machine, whose restart only says that it was asked for.</summary>
    private sealed class RestartingMachine(string folder, FakeServer server) : IDisposable
    {
        private readonly JournalDatabase _database = Open(folder);
        private ActionOrder? _order;

        public int Restarts { get; private set; }

        public string? Refusal { get; init; }

        public void Begin(ActionOrder order)
        {
            _order = order;
            new Journal(_database, TimeProvider.System).Begin(order);
        }

        /// <returns>Null where it waits for the restart.</returns>
        public async Task<ActionResult?> RunAsync(string bootId)
        {
            var data = new DataDirectory(folder, OperatingSystem.IsWindows() ? new Engine.Os.Windows.WindowsPrivateFiles() : new Engine.Os.Linux.LinuxPrivateFiles());
            IProgramFiles programs = OperatingSystem.IsWindows() ? new Engine.Os.Windows.WindowsProgramFiles() : new Engine.Os.Linux.LinuxProgramFiles(Engine.Os.Linux.LinuxProgramFiles.Standard);
            IProcessLauncher launcher = OperatingSystem.IsWindows() ? new Engine.Os.Windows.WindowsProcessLauncher() : new Engine.Os.Linux.LinuxProcessLauncher();
            var time = TimeProvider.System;
            var journal = new Journal(_database, time);
            using var stop = new CancellationTokenSource();
            using var http = new HttpClient { BaseAddress = new Uri(server.Url + "/") };
            var asked = false;
            var scripts = new ScriptRunner(launcher, new Interpreters(programs), new ScriptFolders(data), new ChildEnvironment(), time);
            ISoftwareFacts facts = OperatingSystem.IsWindows() ? new Engine.Os.Windows.WindowsSoftwareFacts() : new Engine.Os.Linux.LinuxSoftwareFacts();
            var downloads = new InstallerDownload(data, (_, _, _) => throw new NotSupportedException(), _ => long.MaxValue, new Backoff(Random.Shared), time);
            var software = new SoftwareWork(
                new SoftwareDetection(facts, scripts), new CommandRunner(launcher, programs, new ChildEnvironment(), facts, time), downloads, data,
                () => new MachineFacts("PC-1", OperatingSystem.IsWindows() ? "windows" : "linux", "", "12", "x64", null, null, null, null, null, []), Random.Shared, time);
            var finishing = new FinishDeployment(
                new DeploymentJournal(_database), new Told(server), scripts, software, http, Restart, bootId, () => asked, new ServerClock(time), time);
            var order = finishing.Unfinished(journal.Find(_order!.ActionId)!) ?? _order;
            return await finishing.RunAsync(new RunningActionContext(order, journal, () => { }), stop.Token);

            string? Restart()
            {
                Restarts++;
                asked = Refusal is null;
                if (asked)
                    stop.CancelAfter(TimeSpan.FromMilliseconds(500));
                return Refusal;
            }
        }

        public void Dispose() => _database.Dispose();

        private static JournalDatabase Open(string folder)
        {
            Directory.CreateDirectory(folder);
            return new JournalDatabase(Path.Combine(folder, "journal.db"));
        }
    }

    /// <summary>Takes the reports of a deployment without a socket.</summary>
    private sealed class Told(FakeServer server) : IServerClient
    {
        public Task<ServerAnswer<EnrollResponse>> EnrollAsync(EnrollRequest request, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<ServerAnswer<CheckInResponse>> CheckInAsync(CheckInRequest request, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<ServerAnswer<ReportsResponse>> ReportAsync(ReportsRequest request, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<ServerAnswer<Done>> SendInventoryAsync(InventoryRequest request, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<ServerAnswer<DeploymentReportsResponse>> ReportDeploymentAsync(
            string deploymentId, DeploymentReportsRequest request, CancellationToken cancellationToken) => Task.FromResult<ServerAnswer<DeploymentReportsResponse>>(server.Take(request));
    }
}
