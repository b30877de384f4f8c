using System.Text.Json;
using DeployFlow.Agent.Http;
using DeployFlow.Engine.Os;
using DeployFlow.Engine.Steps;
using Microsoft.Extensions.Logging;

namespace DeployFlow.Agent.Enrollment;

/// <summary>
/// What a deployment or a package left for the agent's first run: where the server is, and a token that is good once. Both are gone
/// when the device is enrolled.
/// </summary>
public sealed partial class PlantedEnrollment(
    DataDirectory data, Func<Enroller> enroller, ISystemState system, FirstBootWork work, Backoff backoff, TimeProvider time, ILogger<PlantedEnrollment> logger)
{
    private static readonly TimeSpan SetupPace = TimeSpan.FromSeconds(5);

    public static bool IsThere(DataDirectory data) => File.Exists(Path.Combine(data.Path, FirstBootFile.Name));

    /// <summary>A run that died after it was enrolled may have left them.</summary>
    public static void Remove(DataDirectory data)
    {
        foreach (var name in (string[])[FirstBootFile.Token, FirstBootFile.Name])
            File.Delete(Path.Combine(data.Path, name));
    }

    /// <summary>Waits for the system's setup, does what was left for the first start, and enrolls; for as long as it takes.</summary>
    /// <returns>Null where the server refuses the token for good.</returns>
    public async Task<AgentConfiguration?> EnrollAsync(CancellationToken cancellationToken)
    {
        if (system.IsSettingUp)
            Log.WaitsForSetup(logger);
        while (system.IsSettingUp)
            await Task.Delay(SetupPace, time, cancellationToken);
        await work.RunAsync(cancellationToken);
        var order = Order();
        for (var isFirst = true; ; isFirst = false)
        {
            var answer = await enroller().EnrollAsync(order, cancellationToken);
            if (answer.Value is { } enrolled)
            {
                Remove(data);
                work.Clean();
                Log.Enrolled(logger, enrolled.Configuration.DeviceId);
                return enrolled.Configuration;
            }

            var problem = answer.Problem!;
            if (Enroller.IsFinal(problem))
            {
                Log.Refused(logger, Enroller.Advice(problem), problem.Code);
                return null;
            }

            if (isFirst)
                Log.Failing(logger, problem.Status, problem.Code, problem.Message);
            await Task.Delay(backoff.Next(problem.RetryAfter), time, cancellationToken);
        }
    }

    private EnrollOrder Order()
    {
        try
        {
            var file = FirstBootFile.Read(Path.Combine(data.Path, FirstBootFile.Name));
            var token = File.ReadAllText(Path.Combine(data.Path, FirstBootFile.Token)).Trim();
            var settings = ServerSettings.Of(file.Server, null, file.ExtraCa ? data.ExtraCa : null, file.InsecureHttp);
            return new EnrollOrder(token, settings, file.InsecureHttp, null, Tags: file.Tags);
        }
        catch (Exception error) when (error is IOException or JsonException or UnauthorizedAccessException)
        {
            throw new SettingsException($"What was left in {data.Path} for the first run cannot be read ({error.Message}); enroll by hand.");
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "The system is still being set up; enrolling after that.")]
        public static partial void WaitsForSetup(ILogger logger);

        [LoggerMessage(LogLevel.Information, "Enrolled by the token that was left for the first run.")]
        public static partial void Enrolled(ILogger logger, string device_id);

        [LoggerMessage(LogLevel.Warning, "Enrolling does not succeed yet; trying again until it does.")]
        public static partial void Failing(ILogger logger, int status, string code, string message);

        [LoggerMessage(LogLevel.Critical, "The server refuses the token that was left for the first run; enroll by hand.")]
        public static partial void Refused(ILogger logger, string advice, string code);
    }
}
