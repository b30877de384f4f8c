using DeployFlow.Contracts.Boot;

namespace DeployFlow.Engine.Steps;

/// <summary>Remembers a text for the conditions and scripts of later steps.</summary>
public sealed class SetVariable : IDeploymentStep
{
    public string Type => TaskType.SetVariable;

    public Task<StepResult> RunAsync(StepContext context, CancellationToken cancellationToken)
    {
        var configuration = context.Configuration(BootJson.Default.SetVariableConfiguration);
        return Task.FromResult(StepResult.Succeeded() with
        {
            Variables = new Dictionary<string, string> { [configuration.Name] = context.Variables.Expand(configuration.Value) },
        });
    }
}
