using DeployFlow.Agent.Enrollment;
using DeployFlow.Agent.Hosting;
using DeployFlow.Agent.Http;
using DeployFlow.Contracts;
using DeployFlow.Engine.Os;

namespace DeployFlow.Agent.Commands;

/// <summary><c>enroll</c>: a token becomes a device.</summary>
public sealed class EnrollCommand(Platform platform, DataDirectory data)
{
    private const int Attempts = 3;

    public async Task<int> RunAsync(EnrollOptions options, CancellationToken cancellationToken)
    {
        if (AgentConfiguration.Load(data) is { } existing && !options.Force)
        {
            await Console.Error.WriteLineAsync(
                $"This machine is enrolled at {existing.Server} as {existing.DeviceId}; give --force to enroll it anew.");
            return ExitCode.Usage;
        }

        var settings = ServerSettings.Of(options.Server, options.Proxy, options.ExtraCa, options.InsecureHttp);
        var enroller = new Enroller(data, platform.Keys(data), platform.Machine(options.DmiTable), TimeProvider.System, AgentVersion.Current);
        var order = new EnrollOrder(options.Token, settings, options.InsecureHttp, options.DmiTable, options.Force);
        var backoff = new Backoff(Random.Shared);
        for (var attempt = 1; ; attempt++)
        {
            var answer = await enroller.EnrollAsync(order, cancellationToken);
            if (answer.Value is { } enrolled)
            {
                Console.WriteLine($"Enrolled as {enrolled.Configuration.DeviceId} (key: {enrolled.Configuration.KeyProtection}).");
                if (enrolled.IsPending)
                    Console.WriteLine("It waits for approval in the console.");
                return ExitCode.Success;
            }

            var problem = answer.Problem!;
            if (Enroller.IsFinal(problem))
            {
                await Console.Error.WriteLineAsync($"Enrollment refused: {Enroller.Advice(problem)} ({problem.Code})");
                return ExitCode.EnrollmentRefused;
            }

            if (attempt == Attempts)
            {
                await Console.Error.WriteLineAsync($"{settings.Server} cannot be used: {problem.Message} ({problem.Code}) Check the address, the network and --proxy.");
                return ExitCode.ServerUnreachable;
            }

            await Task.Delay(backoff.Next(problem.RetryAfter), TimeProvider.System, cancellationToken);
        }
    }
}

public sealed record EnrollOptions(
    string Server, string Token, string? ExtraCa, string? Proxy, bool InsecureHttp, string? DmiTable, bool Force);
