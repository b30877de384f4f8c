using System.Text.Json;
using System.Text.Json.Serialization;
using DeployFlow.Agent.Actions;
using DeployFlow.Agent.CheckIn;
using DeployFlow.Agent.Enrollment;
using DeployFlow.Agent.Hosting;
using DeployFlow.Engine.Os;

namespace DeployFlow.Agent.Commands;

/// <summary><c>status</c>: what the agent on this machine knows, without asking the server.</summary>
public sealed class StatusCommand(Platform platform, DataDirectory data)
{
    public int Run(bool json)
    {
        var configuration = AgentConfiguration.Load(data) ?? throw new NotEnrolledException(data);
        var note = StatusFile.Read(data);
        var report = new StatusReport(
            AgentVersion.Current, configuration.Server, configuration.DeviceId, note?.DeviceState, configuration.KeyProtection, IsRunning(),
            platform.Service.Status(), note?.LastCheckIn, note?.Problem, note?.FailingSince, Counts());
        if (json)
        {
            Console.WriteLine(JsonSerializer.Serialize(report, StatusReportJson.Default.StatusReport));
            return ExitCode.Success;
        }

        Console.WriteLine($"Server         {report.Server}");
        Console.WriteLine($"Device         {report.DeviceId} ({report.DeviceState ?? "not seen yet"})");
        Console.WriteLine($"Key            {report.KeyProtection}");
        Console.WriteLine($"Agent          {report.AgentVersion}, {(report.Running ? "running" : "not running")} (service: {report.Service})");
        Console.WriteLine($"Last check-in  {report.LastCheckIn?.ToString("u") ?? "none"}{(report.Problem is null ? "" : $" — fails since {report.FailingSince:u}: {report.Problem}")}");
        Console.WriteLine($"Actions        {report.Journal.Actions} known, {report.Journal.Unfinished} unfinished");
        Console.WriteLine($"Outbox         {report.Journal.OutboxReports} reports, {report.Journal.OutboxBytes} bytes");
        return ExitCode.Success;
    }

    private bool IsRunning()
    {
        using var held = DataLock.TryTake(data);
        return held is null;
    }

    private JournalCounts Counts()
    {
        if (!File.Exists(data.Journal))
            return new JournalCounts(0, 0, 0, 0);
        using var database = new JournalDatabase(data.Journal);
        var (actions, unfinished) = new Journal(database, TimeProvider.System).Counts();
        var (reports, bytes) = new Outbox(database).Size();
        return new JournalCounts(actions, unfinished, reports, bytes);
    }
}

public sealed record StatusReport(
    string AgentVersion, string Server, string DeviceId, string? DeviceState, string KeyProtection, bool Running, string Service,
    DateTimeOffset? LastCheckIn, string? Problem, DateTimeOffset? FailingSince, JournalCounts Journal);

public sealed record JournalCounts(long Actions, long Unfinished, long OutboxReports, long OutboxBytes);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true)]
[JsonSerializable(typeof(StatusReport))]
[JsonSerializable(typeof(DiagnosisReport))]
internal sealed partial class StatusReportJson : JsonSerializerContext;
