using System.Text.Json;
using System.Text.Json.Serialization;
using DeployFlow.Agent.Http;
using DeployFlow.Engine.Os;

namespace DeployFlow.Agent.CheckIn;

/// <summary>What the running agent knows of its last calls, for <c>deployflow-agent status</c>. Written at most once a minute, and when it changes.</summary>
public sealed class StatusFile(DataDirectory data)
{
    private static readonly TimeSpan Pace = TimeSpan.FromMinutes(1);

    private AgentStatusNote _written = new(null, null, null, null);

    public void Note(string deviceState, DateTimeOffset now)
    {
        if (deviceState == _written.DeviceState && _written.Problem is null && now - _written.LastCheckIn < Pace)
            return;
        Write(new AgentStatusNote(deviceState, now, null, null));
    }

    public void NoteFailure(ServerProblem problem, DateTimeOffset now)
    {
        if (_written.Problem == problem.Code)
            return;
        Write(_written with { Problem = problem.Code, FailingSince = now });
    }

    public static AgentStatusNote? Read(DataDirectory data)
    {
        try
        {
            return File.Exists(data.Status) ? JsonSerializer.Deserialize(File.ReadAllBytes(data.Status), StatusJson.Default.AgentStatusNote) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private void Write(AgentStatusNote note)
    {
        _written = note;
        try
        {
            data.Files.Write(data.Status, JsonSerializer.SerializeToUtf8Bytes(note, StatusJson.Default.AgentStatusNote));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // For people's eyes only; a full disk must not end the check-ins.
        }
    }
}

/// <param name="Problem">Code of the failure that lasts since <paramref name="FailingSince"/>; null while check-ins succeed.</param>
public sealed record AgentStatusNote(string? DeviceState, DateTimeOffset? LastCheckIn, string? Problem, DateTimeOffset? FailingSince);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(AgentStatusNote))]
internal sealed partial class StatusJson : JsonSerializerContext;
