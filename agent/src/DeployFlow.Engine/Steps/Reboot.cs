using DeployFlow.Contracts.Boot;

namespace DeployFlow.Engine.Steps;

/// <summary>Restarts the machine; the runner goes on afterwards.</summary>
public sealed class Reboot : IDeploymentStep
{
    public string Type => TaskType.Reboot;

    public Task<StepResult> RunAsync(StepContext context, CancellationToken cancellationToken)
    {
        var to = context.Configuration(BootJson.Default.RebootConfiguration).To;
        return Task.FromResult(to is "environment" or "os"
            ? StepResult.Reboot(to)
            : StepResult.Failed(StepErrorCode.PlanInvalid, $"'{to}' is no place to restart to."));
    }
}
