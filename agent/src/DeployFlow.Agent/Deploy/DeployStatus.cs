using System.Globalization;
using DeployFlow.Agent.Http;
using DeployFlow.Contracts;
using DeployFlow.Contracts.Boot;
using DeployFlow.Engine.Steps;

namespace DeployFlow.Agent.Deploy;

public enum DeployStage
{
    Connecting,
    Waiting,
    Running,
    Refused,
    Done,
}

public enum StepState
{
    Pending,
    Running,
    Succeeded,
    Failed,
    Skipped,
}

/// <summary>
/// What the machine's screen shows, and the same in sentences for those who read lines (a serial port, a log). Told by
/// the deployment, looked at by the screen; both at any time.
/// </summary>
/// <param name="line">Takes each sentence.</param>
public sealed class DeployStatus(string server, string machine, Action<string> line, TimeProvider time) : IDeploymentReporter
{
    private const int MostLogLines = 500;

    private readonly Lock _gate = new();
    private readonly List<string> _log = [];
    private DeployView _view = new(server, machine);
    private string? _troubleCode;

    public event Action? Changed;

    public DeployView View
    {
        get
        {
            lock (_gate)
                return _view with { Log = [.. _log] };
        }
    }

    public void Connecting() => Change(view => view with { Stage = DeployStage.Connecting, Code = null });

    /// <summary>The server is not reached, or is again.</summary>
    public void Trouble(ServerProblem? problem)
    {
        lock (_gate)
        {
            if (_troubleCode == problem?.Code)
                return;
            _troubleCode = problem?.Code;
        }

        if (problem is null)
            Say("The server answers again.");
        else
            Say($"The server cannot be used: {problem.Message} ({problem.Code}) Trying again until it answers.");
        Change(view => view with { Trouble = problem is null ? null : $"{problem.Message} ({problem.Code})", TroubleSince = problem is null ? null : time.GetUtcNow() });
    }

    public void Waiting(string code, string? site, string? profile)
    {
        Say($"Approval code {code}. Approve this machine in the console, or press P and enter a PIN. Site: {site ?? "none"}. Profile: {profile ?? "chosen in the console"}.");
        Change(view => view with { Stage = DeployStage.Waiting, Code = code, Site = site, Profile = profile, Note = null });
    }

    public void Note(string note)
    {
        Say(note);
        Change(view => view with { Note = note });
    }

    public void Approved(DeploymentPlan plan)
    {
        Say($"Approved: {plan.Profile.Name} version {plan.Profile.Version} for {plan.ComputerName}, deployment {plan.DeploymentId}.");
        Change(view => view with
        {
            Stage = DeployStage.Running,
            Code = null,
            Note = null,
            Failure = null,
            Profile = plan.Profile.Name,
            ComputerName = plan.ComputerName,
            Steps = [.. plan.Tasks.Where(task => task.Phase == DeploymentPhase.Boot).OrderBy(task => task.Position).Select(task => new StepView(
                task.Position, task.Name, task.Position < plan.ResumeAt ? StepState.Succeeded : StepState.Pending))],
        });
    }

    public void Refused(string state, string? reason)
    {
        var text = state switch
        {
            BootSessionState.Denied => "This machine was denied in the console",
            BootSessionState.Expired => "Nobody approved this machine in time",
            _ => "The session was ended by the server",
        };
        Note(reason is null ? $"{text}." : $"{text}: {reason}.");
        Change(view => view with { Stage = DeployStage.Refused, Code = null });
    }

    public void Failed(ActionError error)
    {
        Say($"Failed: {error.Message} ({error.Code})");
        Change(view => view with { Failure = error });
    }

    public void Done(string note)
    {
        Say(note);
        Change(view => view with { Stage = DeployStage.Done, Note = note });
    }

    public void StepStarted(int position, int attempt)
    {
        Say($"Step {position + 1}, {Name(position)}{(attempt > 1 ? $", attempt {attempt}" : "")}");
        Step(position, step => step with { State = StepState.Running, Attempt = attempt, StartedAt = time.GetTimestamp(), Progress = null, Error = null });
    }

    public void Progress(int position, StepProgress progress) => Step(position, step => step with
    {
        Progress = progress,
        BytesPerSecond = Rate(step, progress),
    });

    public void Log(int position, StepLogSource source, string text)
    {
        lock (_gate)
        {
            _log.AddRange(text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(one => one.TrimEnd('\r')));
            if (_log.Count > MostLogLines)
                _log.RemoveRange(0, _log.Count - MostLogLines);
        }

        foreach (var one in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            Say($"  {one.TrimEnd('\r')}");
        Changed?.Invoke();
    }

    public void StepFinished(int position, int attempt, StepResult result)
    {
        var seconds = StepOf(position)?.StartedAt is { } started ? time.GetElapsedTime(started).TotalSeconds : 0;
        Say(result.Outcome switch
        {
            StepOutcome.Succeeded => $"Step {position + 1} done in {seconds.ToString("0.0", CultureInfo.InvariantCulture)} s",
            StepOutcome.Skipped => $"Step {position + 1}, {Name(position)}: skipped, its condition does not hold",
            _ => $"Step {position + 1} failed: {result.Error?.Message} ({result.Error?.Code})",
        });
        Step(position, step => step with
        {
            State = result.Outcome switch { StepOutcome.Succeeded => StepState.Succeeded, StepOutcome.Skipped => StepState.Skipped, _ => StepState.Failed },
            Took = TimeSpan.FromSeconds(seconds),
            Error = result.Error,
        });
    }

    public void PhaseFinished(string phase, ActionError? error)
    {
        // The end of the run says it, with what comes next.
    }

    public void RescueLog(string name, string text)
    {
        // For the server.
    }

    private static double? Rate(StepView step, StepProgress progress) =>
        progress.BytesDone is { } done && step.StartedAt is { } started && TimeProvider.System.GetElapsedTime(started).TotalSeconds is > 0.5 and var seconds
            ? done / seconds
            : null;

    private string Name(int position) => StepOf(position)?.Name ?? "a step";

    private StepView? StepOf(int position)
    {
        lock (_gate)
            return _view.Steps.FirstOrDefault(step => step.Position == position);
    }

    private void Step(int position, Func<StepView, StepView> change) =>
        Change(view => view with { Steps = [.. view.Steps.Select(step => step.Position == position ? change(step) : step)] });

    private void Change(Func<DeployView, DeployView> change)
    {
        lock (_gate)
            _view = change(_view);
        Changed?.Invoke();
    }

    private void Say(string sentence) => line(sentence);
}

/// <param name="Note">A word about what just happened.</param>
/// <param name="Failure">How the last run ended; stays while the next one waits.</param>
public sealed record DeployView(string Server, string Machine)
{
    public DeployStage Stage { get; init; }

    public string? Code { get; init; }

    public string? Site { get; init; }

    public string? Profile { get; init; }

    public string? ComputerName { get; init; }

    public string? Note { get; init; }

    public string? Trouble { get; init; }

    public DateTimeOffset? TroubleSince { get; init; }

    public ActionError? Failure { get; init; }

    public IReadOnlyList<StepView> Steps { get; init; } = [];

    public IReadOnlyList<string> Log { get; init; } = [];
}

public sealed record StepView(int Position, string Name, StepState State)
{
    public int Attempt { get; init; } = 1;

    public long? StartedAt { get; init; }

    public TimeSpan? Took { get; init; }

    public StepProgress? Progress { get; init; }

    public double? BytesPerSecond { get; init; }

    public ActionError? Error { get; init; }
}
