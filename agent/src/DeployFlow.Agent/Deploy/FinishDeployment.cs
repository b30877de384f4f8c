using System.Text.Json;
using DeployFlow.Agent.Actions;
using DeployFlow.Agent.Http;
using DeployFlow.Agent.Software;
using DeployFlow.Contracts;
using DeployFlow.Contracts.Boot;
using DeployFlow.Engine;
using DeployFlow.Engine.Os;
using DeployFlow.Engine.Scripts;
using DeployFlow.Engine.Steps;

namespace DeployFlow.Agent.Deploy;

/// <summary>
/// The steps of a deployment that the installed system does, by the same engine as in the boot environment. Goes on
/// where it was after a restart it asked for, and after one it did not: there the step that ran counts as a failed attempt.
/// </summary>
/// <param name="restart">Restarts the machine; gives what went wrong, if anything did.</param>
/// <param name="bootId">Id of this boot of the operating system.</param>
/// <param name="isStopping">The agent ends: its next run goes on.</param>
public sealed class FinishDeployment(
    DeploymentJournal journal, IServerClient server, ScriptRunner scripts, SoftwareWork software, HttpClient web, Func<string?> restart, string bootId, Func<bool> isStopping,
    ServerClock clock, TimeProvider time) : IActionHandler
{
    public string Kind => ActionKind.FinishDeployment;

    /// <summary>What a former run of the agent left of this action; null where nothing can be taken up.</summary>
    public ActionOrder? Unfinished(JournalEntry entry) =>
        entry.Kind == Kind && journal.Find(entry.ActionId) is { } left ? left.Order with { Fence = entry.Fence } : null;

    public async Task<ActionResult?> RunAsync(RunningActionContext context, CancellationToken cancellationToken)
    {
        FinishDeploymentPayload payload;
        try
        {
            payload = context.Order.Payload.Deserialize(BootJson.Default.FinishDeploymentPayload) ?? throw new JsonException("The payload is null.");
        }
        catch (JsonException error)
        {
            return ActionResult.Failed(ErrorCode.InvalidPayload, error.Message);
        }

        var actionId = context.Order.ActionId;
        if (journal.Find(actionId) is null)
            journal.Begin(context.Order, new PhasePosition(payload.Tasks.Select(task => task.Position).DefaultIfEmpty().Min(), 1), payload.Variables);
        try
        {
            var error = await FinishAsync(payload, journal.Find(actionId)!, context, cancellationToken);
            journal.Remove(actionId);
            return error is null ? ActionResult.Succeeded() : ActionResult.Failed(error.Code, error.Message);
        }
        catch (OperationCanceledException) when (isStopping())
        {
            // The journal knows the place; the next run of the agent goes on.
            return null;
        }
        catch (OperationCanceledException)
        {
            journal.Remove(actionId);
            throw;
        }
    }

    private async Task<ActionError?> FinishAsync(FinishDeploymentPayload payload, DeploymentEntry entry, RunningActionContext context, CancellationToken cancellationToken)
    {
        var store = journal.Reports(entry.Order.ActionId);
        using var sender = new DeploymentReportSender(
            store, (request, token) => server.ReportDeploymentAsync(payload.DeploymentId, request, token), new Backoff(Random.Shared), _ => { }, time);
        using var done = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var working = CancellationTokenSource.CreateLinkedTokenSource(sender.Aborted, cancellationToken);
        var loop = SendAsync(sender, done.Token);
        ActionError? error;
        try
        {
            var reporter = new DeploymentReporter(store, sender.Raise, () => clock.Now, time);
            error = entry.Error ?? await WorkAsync(payload, entry, context, reporter, working.Token);
        }
        catch (OperationCanceledException) when (sender.Aborted.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            error = new ActionError(sender.Refusal?.Code ?? StepErrorCode.Aborted, sender.Refusal?.Message ?? "Aborted in the console.");
        }

        await done.CancelAsync();
        await loop;
        await sender.FlushAsync(cancellationToken);
        return error;
    }

    private async Task<ActionError?> WorkAsync(
        FinishDeploymentPayload payload, DeploymentEntry entry, RunningActionContext context, DeploymentReporter reporter, CancellationToken cancellationToken)
    {
        var actionId = entry.Order.ActionId;
        var error = entry.RestartFrom == bootId ? await RestartAsync(cancellationToken) : null;
        error ??= await RunStepsAsync(payload, entry, context, reporter, cancellationToken);
        reporter.PhaseFinished(DeploymentPhase.Os, error);
        if (error is not null)
            journal.Failed(actionId, error);
        return error;
    }

    private async Task<ActionError?> RunStepsAsync(
        FinishDeploymentPayload payload, DeploymentEntry entry, RunningActionContext context, DeploymentReporter reporter, CancellationToken cancellationToken)
    {
        var variables = new DeploymentVariables(payload.Variables, entry.Variables);
        var deployment = new DeploymentSubject(payload.DeploymentId, Environment.MachineName, null, null, time.GetUtcNow());
        var runner = new PhaseRunner(
            Steps(context), reporter, new NoContent(), new GivenSecrets(payload.Secrets ?? []), _ => Task.CompletedTask, time);
        var end = await runner.RunAsync(
            new PhaseOrder(
                DeploymentPhase.Os, payload.Tasks, entry.From, deployment, variables,
                (next, isRestart) => journal.Keep(entry.Order.ActionId, next, variables.All, isRestart ? bootId : null)),
            cancellationToken);
        return end.RebootTo is null ? end.Error : await RestartAsync(cancellationToken);
    }

    /// <summary>Ends with the agent, or with what stands in the way.</summary>
    private async Task<ActionError> RestartAsync(CancellationToken cancellationToken)
    {
        if (restart() is { } problem)
            return new ActionError(StepErrorCode.ScriptFailed, $"The machine cannot be restarted: {problem}");
        await Task.Delay(Timeout.InfiniteTimeSpan, time, cancellationToken);
        throw new InvalidOperationException("An endless wait has ended.");
    }

    private Dictionary<string, IDeploymentStep> Steps(RunningActionContext context)
    {
        IDeploymentStep[] steps =
        [
            new RunDeploymentScript(DeploymentPhase.Os, scripts, trace => context.Trace(trace with { Mark = context.Order.ActionId })),
            new SoftwareBundle((configuration, step, token) => InstallAsync(configuration, step, context, token)),
            new Reboot(),
            new Wait(AnswersAsync, time),
            new SetVariable(),
        ];
        return steps.ToDictionary(step => step.Type, StringComparer.Ordinal);
    }

    private async Task<StepResult> InstallAsync(
        SoftwareBundleConfiguration configuration, StepContext step, RunningActionContext context, CancellationToken cancellationToken)
    {
        List<SoftwareOrder> orders;
        try
        {
            orders = [.. configuration.Items.Select(item => item.Deserialize(WireJson.Default.SoftwareOrder) ?? throw new JsonException("An item is null."))];
        }
        catch (JsonException error)
        {
            return StepResult.Failed(StepErrorCode.PlanInvalid, $"The software of this step is not understood: {error.Message}");
        }

        var actionId = context.Order.ActionId;
        var task = new SoftwareTask(
            actionId, 0, new StepOutput(step.Log), context.Order.LogLimitBytes, installer => $"agent/v1/actions/{actionId}/content/{installer.Sha256}",
            () => { }, _ => { }, trace => context.Trace(trace with { Mark = actionId }));
        var reboot = false;
        foreach (var order in orders)
        {
            var result = await software.DoAsync(ActionKind.InstallSoftware, order, 0, task, cancellationToken);
            reboot |= result.Reboot;
            if (result.Error is { } error)
                task.Say($"{order.Name}: {error.Message}");
            if (result is { Outcome: SoftwareOutcome.Failed, Error: { } why } && !order.ContinueOnError)
                return StepResult.Failed(StepErrorCode.SoftwareFailed, $"{order.Name}: {why.Message}");
        }

        return reboot ? StepResult.Reboot("os") : StepResult.Succeeded();
    }

    private async Task<bool> AnswersAsync(Uri url, CancellationToken cancellationToken)
    {
        try
        {
            using var response = await web.GetAsync(url, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            return response.IsSuccessStatusCode;
        }
        catch (Exception error) when (SignedCalls.Unreachable(error, cancellationToken) is not null)
        {
            return false;
        }
    }

    private static async Task SendAsync(DeploymentReportSender sender, CancellationToken cancellationToken)
    {
        try
        {
            await sender.RunAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The work is done; the rest is flushed.
        }
    }

    private sealed class StepOutput(IStepLog log) : ILogSink
    {
        public bool Append(LogSource source, string text)
        {
            if (source == LogSource.Err)
                log.Errors(text);
            else
                log.Output(text);
            return true;
        }
    }

    /// <summary>They came with the order.</summary>
    private sealed class GivenSecrets(IReadOnlyList<StepSecret> secrets) : ISecretSource
    {
        public Task<string> TakeAsync(int position, string name, CancellationToken cancellationToken) =>
            Task.FromResult(secrets.FirstOrDefault(secret => secret.Position == position && secret.Name == name)?.Value
                ?? throw new StepFailedException(StepErrorCode.SecretUnavailable, $"The server did not give the secret '{name}'."));
    }

    /// <summary>No step of the installed system brings files.</summary>
    private sealed class NoContent : IContentSource
    {
        public Task CopyAsync(PlanContent content, Stream destination, Action<long> arrived, CancellationToken cancellationToken) =>
            throw new StepFailedException(StepErrorCode.UnsupportedTask, "The installed system cannot fetch files of a deployment.");
    }
}
