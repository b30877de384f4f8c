using DeployFlow.Agent.Hosting;
using DeployFlow.Agent.Http;
using DeployFlow.Contracts;
using DeployFlow.Contracts.Boot;
using DeployFlow.Engine.Os;
using DeployFlow.Engine.Steps;

namespace DeployFlow.Agent.Deploy;

/// <summary>
/// The machine's side of a deployment, from its first word to the restart. After a failure it waits in a new session for
/// what a person decides, so nobody has to walk to it.
/// </summary>
public sealed class DeployLoop(
    BootPlatform platform, HttpClient http, byte[] serverKey, BootOrder order, DeployStatus status, ITechnician technician, ServerClock clock, TimeProvider time)
{
    /// <summary>A server that approves at once what fails at once is not asked without a pause.</summary>
    private static readonly TimeSpan AfterFailure = TimeSpan.FromSeconds(1);

    private readonly string _userAgent = $"deployflow-agent/{order.AgentVersion}";

    /// <returns>The process's exit code; with success the machine is to start anew.</returns>
    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            using var round = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var deciding = technician.DecideAsync(round.Token);
            var working = RoundAsync(round.Token);
            var first = await Task.WhenAny(deciding, working);
            var decision = first == deciding ? await deciding : TechnicianDecision.None;
            var restart = first == working && await working;
            await round.CancelAsync();
            await Task.WhenAll(Quietly(deciding), Quietly(working));
            cancellationToken.ThrowIfCancellationRequested();
            if (restart || decision == TechnicianDecision.Restart)
                return ExitCode.Success;
        }
    }

    /// <summary>One session, and the run it leads to.</summary>
    /// <returns>Whether the machine is to start anew now.</returns>
    private async Task<bool> RoundAsync(CancellationToken cancellationToken)
    {
        status.Connecting();
        using var key = platform.Keys.Create();
        var client = new BootClient(http, key, clock, _userAgent);
        var session = new BootSession(client, key, platform.Keys, serverKey, order, status, clock, new Backoff(Random.Shared), time);
        var answer = await session.ApprovedAsync(technician.PinAsync, cancellationToken);
        if (answer.State != BootSessionState.Approved)
        {
            status.Refused(answer.State, answer.Reason);
            // What ran out by itself may be begun again; what a person refused waits for a person.
            if (answer.State != BootSessionState.Expired)
                await Task.Delay(Timeout.InfiniteTimeSpan, time, cancellationToken);
            return false;
        }

        var error = await CarryOutAsync(answer, client, key, cancellationToken);
        if (error is null)
        {
            status.Done("Done here. The machine starts anew.");
            return true;
        }

        status.Failed(error);
        await Task.Delay(AfterFailure, time, cancellationToken);
        return false;
    }

    private async Task<ActionError?> CarryOutAsync(BootWaitResponse answer, BootClient client, IEphemeralKey key, CancellationToken cancellationToken)
    {
        DeploymentPlan plan;
        try
        {
            plan = PlanCheck.Verified(answer, platform.Keys, serverKey, MessageSignature.KeyId(key.PublicKey), clock.Now);
        }
        catch (StepFailedException refusal)
        {
            var error = new ActionError(refusal.Code, refusal.Message);
            if (answer.DeploymentId is { } deploymentId)
                await client.ReportAsync(deploymentId, new DeploymentReportsRequest([new PhaseFinishedReport(0, clock.Now, DeploymentPhase.Boot, StepOutcome.Failed, error)]), cancellationToken);
            return error;
        }

        status.Approved(plan);
        technician.Busy = true;
        try
        {
            return await new DeploymentRun(platform, client, key, order.Facts, status, clock, http, Random.Shared, time).RunAsync(plan, cancellationToken);
        }
        finally
        {
            technician.Busy = false;
        }
    }

    private static async Task Quietly(Task task)
    {
        try
        {
            await task;
        }
        catch (OperationCanceledException)
        {
            // Ended by the other.
        }
    }
}

public enum TechnicianDecision
{
    None,

    /// <summary>A new session, now.</summary>
    Retry,

    /// <summary>The machine starts anew.</summary>
    Restart,
}

/// <summary>Whoever stands at the machine.</summary>
public interface ITechnician
{
    /// <summary>A deployment runs: what would end it is not offered.</summary>
    bool Busy { get; set; }

    /// <summary>The next PIN that is entered.</summary>
    Task<string> PinAsync(CancellationToken cancellationToken);

    /// <summary>The next decision that is made by a key.</summary>
    Task<TechnicianDecision> DecideAsync(CancellationToken cancellationToken);
}

/// <summary>Nobody, or nobody with a keyboard.</summary>
public sealed class NoTechnician : ITechnician
{
    public bool Busy { get; set; }

    public async Task<string> PinAsync(CancellationToken cancellationToken)
    {
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
        return "";
    }

    public async Task<TechnicianDecision> DecideAsync(CancellationToken cancellationToken)
    {
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
        return TechnicianDecision.None;
    }
}
