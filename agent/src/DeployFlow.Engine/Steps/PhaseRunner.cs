using DeployFlow.Contracts;
using DeployFlow.Contracts.Boot;
using DeployFlow.Engine.Os;

namespace DeployFlow.Engine.Steps;

/// <summary>Runs the steps of one phase in order: conditions, attempts, timeouts, and what to do about failures.</summary>
/// <param name="settled">Awaited after each start of a step: returns when the server knows of it. What follows may wipe a disk.</param>
public sealed class PhaseRunner(
    IReadOnlyDictionary<string, IDeploymentStep> steps, IDeploymentReporter reporter, IContentSource content, ISecretSource secrets,
    Func<CancellationToken, Task> settled, TimeProvider time)
{
    /// <exception cref="OperationCanceledException">It was aborted.</exception>
    public async Task<PhaseEnd> RunAsync(PhaseOrder order, CancellationToken cancellationToken)
    {
        foreach (var task in order.Tasks.Where(task => task.Phase == order.Phase && task.Position >= order.From.Position).OrderBy(task => task.Position))
        {
            var firstAttempt = task.Position == order.From.Position ? order.From.Attempt : 1;
            var result = await RunTaskAsync(order, task, firstAttempt, cancellationToken);
            if (result.Outcome == StepOutcome.Failed && !task.ContinueOnError)
                return new PhaseEnd(task.Position, result.Error, null);
            order.Variables.Set(result.Variables);
            order.Keep(new PhasePosition(task.Position + 1, 1), result.RebootTo is not null);
            if (result.RebootTo is { } to)
                return new PhaseEnd(task.Position + 1, null, to);
        }

        return new PhaseEnd(order.Tasks.Select(task => task.Position + 1).DefaultIfEmpty().Max(), null, null);
    }

    private async Task<StepResult> RunTaskAsync(PhaseOrder order, PlanTask task, int firstAttempt, CancellationToken cancellationToken)
    {
        try
        {
            if (!Conditions.Hold(task.Condition, order.Variables))
            {
                reporter.StepFinished(task.Position, 1, StepResult.Skipped());
                return StepResult.Skipped();
            }
        }
        catch (StepFailedException error)
        {
            reporter.StepStarted(task.Position, 1);
            reporter.StepFinished(task.Position, 1, error.Result);
            return error.Result;
        }

        // An attempt that a restart cut short has been made.
        var result = firstAttempt > 1 ? Interrupted(task, firstAttempt - 1) : null;
        for (var attempt = firstAttempt; result is null or { Outcome: StepOutcome.Failed } && attempt <= task.Retries + 1; attempt++)
        {
            order.Keep(new PhasePosition(task.Position, attempt + 1), false);
            reporter.StepStarted(task.Position, attempt);
            result = await AttemptAsync(order, task, cancellationToken);
            reporter.StepFinished(task.Position, attempt, result);
        }

        return result!;
    }

    private StepResult Interrupted(PlanTask task, int attempt)
    {
        var result = StepResult.Failed(StepErrorCode.ScriptFailed, "The machine was restarted while this step ran.");
        reporter.StepFinished(task.Position, attempt, result);
        return result;
    }

    private async Task<StepResult> AttemptAsync(PhaseOrder order, PlanTask task, CancellationToken cancellationToken)
    {
        if (!steps.TryGetValue(task.Type, out var step))
        {
            return StepResult.Failed(
                StepErrorCode.UnsupportedTask, $"This agent does not know the step '{task.Type}' here; update the boot environment or the agent.");
        }

        var timeout = TimeSpan.FromSeconds(Math.Max(task.TimeoutS, 1));
        using var limit = new CancellationTokenSource(timeout, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        var context = new StepContext(order.Deployment, task, order.Variables, new ReportedLog(reporter, task.Position), content, secrets);
        try
        {
            await settled(both.Token);
            return await step.RunAsync(context, both.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return StepResult.Failed(StepErrorCode.TimedOut, $"Stopped after {timeout.TotalSeconds:0} s, the step's limit.");
        }
        catch (StepFailedException error)
        {
            return error.Result;
        }
        catch (IOException error) when (OutOfSpace.Is(error))
        {
            return StepResult.Failed(StepErrorCode.OutOfSpace, $"The disk is full: {error.Message}");
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            // A bug, or a machine that is odder than was thought of: the step fails, the machine stays in reach.
            reporter.Log(task.Position, StepLogSource.Engine, error + "\n");
            return StepResult.Failed(StepErrorCode.ScriptFailed, $"The step ended in an unexpected error: {error.Message}");
        }
    }
}

/// <param name="From">Where to begin.</param>
/// <param name="Keep">Told before each attempt and after each step where a next run would have to begin, and whether a restart was asked for.</param>
public sealed record PhaseOrder(
    string Phase, IReadOnlyList<PlanTask> Tasks, PhasePosition From, DeploymentSubject Deployment, DeploymentVariables Variables,
    Action<PhasePosition, bool> Keep);

/// <param name="Attempt">The next attempt of the step at this position, from 1.</param>
public sealed record PhasePosition(int Position, int Attempt);

/// <param name="Position">Of the step that failed, else of the next one.</param>
/// <param name="Error">Null where nothing failed.</param>
/// <param name="RebootTo">Not null where the machine is to start anew first.</param>
public sealed record PhaseEnd(int Position, ActionError? Error, string? RebootTo);

internal static class OutOfSpace
{
    private const int NoSpaceOnLinux = 28;
    private const int DiskFullOnWindows = unchecked((int)0x80070070);

    public static bool Is(IOException error) => error.HResult is NoSpaceOnLinux or DiskFullOnWindows;
}
