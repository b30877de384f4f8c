using DeployFlow.Contracts.Boot;

namespace DeployFlow.Engine.Steps;

/// <summary>Installs items of the software library.</summary>
/// <param name="install">Installs the items one after the other; null where this agent has no software library yet.</param>
public sealed class SoftwareBundle(Func<SoftwareBundleConfiguration, StepContext, CancellationToken, Task<StepResult>>? install) : IDeploymentStep
{
    public string Type => TaskType.SoftwareBundle;

    public Task<StepResult> RunAsync(StepContext context, CancellationToken cancellationToken)
    {
        var configuration = context.Configuration(BootJson.Default.SoftwareBundleConfiguration);
        if (configuration.Items.Count == 0)
            return Task.FromResult(StepResult.Succeeded());
        return install?.Invoke(configuration, context, cancellationToken) ?? Task.FromResult(StepResult.Failed(
            StepErrorCode.UnsupportedTask, "This agent does not install software yet; update the agent, or install it by a script."));
    }
}
