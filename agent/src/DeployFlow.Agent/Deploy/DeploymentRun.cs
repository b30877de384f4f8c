using DeployFlow.Agent.Http;
using DeployFlow.Contracts;
using DeployFlow.Contracts.Boot;
using DeployFlow.Engine.Os;
using DeployFlow.Engine.Steps;

namespace DeployFlow.Agent.Deploy;

/// <summary>Carries out the boot phase of one plan, and tells the server all of it.</summary>
public sealed class DeploymentRun(
    BootPlatform platform, BootClient client, IEphemeralKey key, BootFacts facts, DeployStatus status, ServerClock clock, HttpClient web, Random random,
    TimeProvider time)
{
    private static readonly TimeSpan LastWords = TimeSpan.FromSeconds(20);

    /// <returns>Null where the machine is to start anew, else what went wrong.</returns>
    public async Task<ActionError?> RunAsync(DeploymentPlan plan, CancellationToken cancellationToken)
    {
        var store = new MemoryReportStore();
        using var sender = new DeploymentReportSender(
            store, (request, token) => client.ReportAsync(plan.DeploymentId, request, token), new Backoff(random), status.Trouble, time);
        var reporter = new DeploymentReporters(new DeploymentReporter(store, sender.Raise, () => clock.Now, time), status);
        using var done = new CancellationTokenSource();
        using var sending = CancellationTokenSource.CreateLinkedTokenSource(done.Token, cancellationToken);
        using var working = CancellationTokenSource.CreateLinkedTokenSource(sender.Aborted, cancellationToken);
        var loop = SendAsync(sender, sending.Token);
        ActionError? error;
        try
        {
            error = await WorkAsync(plan, sender, reporter, working.Token);
        }
        catch (OperationCanceledException) when (sender.Aborted.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            error = sender.Refusal is { } refusal
                ? new ActionError(refusal.Code, $"The server ended this session: {refusal.Message}")
                : new ActionError(StepErrorCode.Aborted, "Aborted in the console.");
            if (sender.Refusal is null)
                reporter.PhaseFinished(DeploymentPhase.Boot, error);
        }

        await done.CancelAsync();
        await loop;
        // A success must be known before the machine starts anew; of a failure the server hears by its own watch too.
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        if (error is not null)
            limit.CancelAfter(LastWords);
        try
        {
            await sender.FlushAsync(limit.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // The screen says that the server is not reached.
        }

        return error;
    }

    private async Task<ActionError?> WorkAsync(DeploymentPlan plan, DeploymentReportSender sender, DeploymentReporters reporter, CancellationToken cancellationToken)
    {
        var deployment = new DeploymentSubject(plan.DeploymentId, plan.ComputerName, plan.DiskIds, plan.Server, plan.IssuedAt) { IsResumed = plan.ResumeAt > 0 };
        var content = new ContentDownload(client.Calls, new Backoff(random), status.Trouble, time);
        var runner = new PhaseRunner(
            Steps(), reporter, content, new SettledSecrets(new BootSecrets(client, key, plan.DeploymentId, new Backoff(random), time), sender), sender.SettledAsync, time);
        var variables = new DeploymentVariables(DeploymentVariables.OfMachine(facts, platform.Environment), plan.Variables);
        var end = await runner.RunAsync(
            new PhaseOrder(DeploymentPhase.Boot, plan.Tasks, new PhasePosition(plan.ResumeAt, 1), deployment, variables, (_, _) => { }), cancellationToken);
        var isLast = !plan.Tasks.Any(task => task.Phase == DeploymentPhase.Boot && task.Position >= end.Position);
        var error = end.Error;
        if (error is null && !isLast)
            return null;
        error ??= await ActivateAsync(plan, deployment, reporter, cancellationToken);
        if (error is not null)
        {
            foreach (var (name, text) in platform.Rescue.Collect())
                reporter.RescueLog(name, text);
            reporter.RescueLog("engine", string.Join('\n', status.View.Log));
        }

        reporter.PhaseFinished(DeploymentPhase.Boot, error);
        return error;
    }

    private async Task<ActionError?> ActivateAsync(DeploymentPlan plan, DeploymentSubject deployment, DeploymentReporters reporter, CancellationToken cancellationToken)
    {
        var position = plan.Tasks.Where(task => task.Phase == DeploymentPhase.Boot).Select(task => task.Position).DefaultIfEmpty().Max();
        try
        {
            var activation = new DiskActivation(platform.Disks, platform.Windows, platform.BootFiles);
            await activation.RunAsync(deployment, plan.Tasks, new ReportedLog(reporter, position), cancellationToken);
            return null;
        }
        catch (StepFailedException error)
        {
            return new ActionError(error.Code, error.Message);
        }
        catch (IOException error)
        {
            return new ActionError(StepErrorCode.BootStoreFailed, $"The disk cannot be made startable: {error.Message}");
        }
    }

    private Dictionary<string, IDeploymentStep> Steps()
    {
        IDeploymentStep[] steps =
        [
            new DiskPrep(platform.Disks),
            new ApplyImage(platform.Disks, platform.Images, platform.Windows),
            new InjectDrivers(platform.Disks, platform.Windows),
            new InjectConfiguration(platform.Disks, platform.Windows),
            new InstallAgent(platform.Disks, platform.Windows),
            new RunDeploymentScript(DeploymentPhase.Boot, platform.Scripts, _ => { }, platform.Disks, platform.Windows),
            new Reboot(),
            new Wait(AnswersAsync, time),
            new SetVariable(),
        ];
        return steps.ToDictionary(step => step.Type, StringComparer.Ordinal);
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

    /// <summary>The server gives a secret only to a step that it knows to be running.</summary>
    private sealed class SettledSecrets(ISecretSource secrets, DeploymentReportSender sender) : ISecretSource
    {
        public async Task<string> TakeAsync(int position, string name, CancellationToken cancellationToken)
        {
            await sender.SettledAsync(cancellationToken);
            return await secrets.TakeAsync(position, name, cancellationToken);
        }
    }
}
