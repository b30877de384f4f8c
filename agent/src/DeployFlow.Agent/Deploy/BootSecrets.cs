using System.Security.Cryptography;
using System.Text;
using DeployFlow.Agent.Http;
using DeployFlow.Contracts.Boot;
using DeployFlow.Engine.Steps;

namespace DeployFlow.Agent.Deploy;

/// <summary>Secrets of steps: asked for while the step runs, sealed to this session's key, once in each attempt.</summary>
public sealed class BootSecrets(BootClient client, IKeyAgreement key, string deploymentId, Backoff backoff, TimeProvider time) : ISecretSource
{
    public async Task<string> TakeAsync(int position, string name, CancellationToken cancellationToken)
    {
        var request = new BootSecretRequest(position, name);
        while (true)
        {
            var answer = await client.SecretAsync(deploymentId, request, cancellationToken);
            if (answer.Value is { } response)
                return Open(response, request);
            var problem = answer.Problem!;
            if (problem.Status is 0 or 429 or >= 500)
            {
                await Task.Delay(backoff.Next(problem.RetryAfter), time, cancellationToken);
                continue;
            }

            throw new StepFailedException(StepErrorCode.SecretUnavailable, problem.Code == BootProblemCode.SecretTaken
                ? $"The secret '{name}' was handed out in this attempt, and its answer was lost; retry this step in the console."
                : $"The server does not give the secret '{name}': {problem.Message} ({problem.Code})");
        }
    }

    private string Open(BootSecretResponse response, BootSecretRequest request)
    {
        try
        {
            return Encoding.UTF8.GetString(Hpke.Open(Convert.FromBase64String(response.Sealed), request.Info(deploymentId), key));
        }
        catch (Exception error) when (error is CryptographicException or FormatException)
        {
            throw new StepFailedException(StepErrorCode.SecretUnavailable, $"The secret '{request.Name}' was not sealed for this machine; retry this step in the console.", error);
        }
    }
}
