using DeployFlow.Agent.Http;
using DeployFlow.Contracts;
using DeployFlow.Engine.Os;

namespace DeployFlow.Agent.Enrollment;

/// <summary>Turns a token into a device: makes the key, proves it to the server, keeps what the server says.</summary>
public sealed class Enroller(DataDirectory data, IDeviceKeyStore keys, IMachine machine, TimeProvider time, string agentVersion)
{
    public async Task<ServerAnswer<Enrolled>> EnrollAsync(EnrollOrder order, CancellationToken cancellationToken)
    {
        data.Ensure();
        // The key of an enrollment whose answer was lost: with it the server recognises the second try.
        using var key = keys.Open() ?? keys.Create();
        var answer = await EnrollAsync(order, key, cancellationToken);
        if (answer.Problem?.Code != ProblemCode.DeviceRevoked || !order.Force)
            return answer;
        // A revoked key never comes back; its machine may, with another one.
        using var fresh = keys.Create();
        return await EnrollAsync(order, fresh, cancellationToken);
    }

    private async Task<ServerAnswer<Enrolled>> EnrollAsync(EnrollOrder order, IDeviceKey key, CancellationToken cancellationToken)
    {
        using var http = ServerConnection.Create(order.Settings);
        var server = new ServerClient(http, key, new ServerClock(time), $"deployflow-agent/{agentVersion}");
        var request = new EnrollRequest(
            order.Token, Convert.ToBase64String(key.PublicKey), key.Protection, agentVersion, machine.Facts(), order.Tags);
        var answer = await server.EnrollAsync(request, cancellationToken);
        if (answer.Value is not { } enrolled)
            return answer.Problem!;
        if (order.Settings.ExtraCa is { } file && Path.GetFullPath(file) != data.ExtraCa)
            data.Files.Write(data.ExtraCa, await File.ReadAllBytesAsync(file, cancellationToken));
        var configuration = new AgentConfiguration(
            order.Settings.Server.ToString().TrimEnd('/'), enrolled.DeviceId, key.Protection, time.GetUtcNow(), order.Settings.Proxy?.ToString(),
            order.Settings.ExtraCa is not null, order.InsecureHttp, order.DmiTable);
        configuration.Save(data);
        return new Enrolled(configuration, enrolled.State == DeviceState.Pending);
    }

    /// <summary>Whether another try with the same token could succeed.</summary>
    public static bool IsFinal(ServerProblem problem) => problem.Status is 400 or 403 or 422
        || problem.Code is ProblemCode.TokenInvalid or ProblemCode.TokenExpired or ProblemCode.TokenUsedUp
            or ProblemCode.TokenRevoked or ProblemCode.TokenNotAllowedHere;

    /// <summary>What to do about a refusal.</summary>
    public static string Advice(ServerProblem problem) => problem.Code switch
    {
        ProblemCode.TokenInvalid => "The server does not know this enrollment token; check that it was copied whole.",
        ProblemCode.TokenExpired => "The enrollment token has expired; make a new one in the console.",
        ProblemCode.TokenUsedUp => "The enrollment token has been used as often as it may be; make a new one in the console.",
        ProblemCode.TokenRevoked => "The enrollment token was revoked; make a new one in the console.",
        ProblemCode.TokenNotAllowedHere => "The enrollment token is not allowed from this network address; check its networks in the console.",
        _ => problem.Message,
    };
}

/// <param name="IsPending">A person must approve the device before it gets any action.</param>
public sealed record Enrolled(AgentConfiguration Configuration, bool IsPending);

/// <param name="DmiTable">A file to read SMBIOS tables from instead of the firmware's; for tests.</param>
/// <param name="Force">Where the present key was revoked, make another.</param>
/// <param name="Tags">To be put on the device.</param>
public sealed record EnrollOrder(string Token, ServerSettings Settings, bool InsecureHttp, string? DmiTable, bool Force = false, IReadOnlyList<string>? Tags = null);
