using DeployFlow.Contracts.Boot;

namespace DeployFlow.Engine.Steps;

/// <summary>Waits for a time, or until an address answers.</summary>
/// <param name="answers">Whether a GET of an address succeeds.</param>
public sealed class Wait(Func<Uri, CancellationToken, Task<bool>> answers, TimeProvider time) : IDeploymentStep
{
    private static readonly TimeSpan Pace = TimeSpan.FromSeconds(2);

    public string Type => TaskType.Wait;

    public async Task<StepResult> RunAsync(StepContext context, CancellationToken cancellationToken)
    {
        var configuration = context.Configuration(BootJson.Default.WaitConfiguration);
        if (configuration.Seconds is { } seconds)
        {
            await Task.Delay(TimeSpan.FromSeconds(Math.Max(0, seconds)), time, cancellationToken);
            return StepResult.Succeeded();
        }

        if (!Uri.TryCreate(configuration.Url, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"))
            return StepResult.Failed(StepErrorCode.PlanInvalid, $"'{configuration.Url}' is no address to wait for.");
        var patience = TimeSpan.FromSeconds(configuration.TimeoutS ?? 300);
        for (var begun = time.GetTimestamp(); !await answers(url, cancellationToken);)
        {
            if (time.GetElapsedTime(begun) >= patience)
                return StepResult.Failed(StepErrorCode.TimedOut, $"{url} did not answer within {patience.TotalSeconds:0} s.");
            await Task.Delay(Pace, time, cancellationToken);
        }

        return StepResult.Succeeded();
    }
}
