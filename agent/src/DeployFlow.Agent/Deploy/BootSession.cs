using System.Text;
using DeployFlow.Agent.Http;
using DeployFlow.Contracts;
using DeployFlow.Contracts.Boot;
using DeployFlow.Engine.Os;

namespace DeployFlow.Agent.Deploy;

/// <summary>
/// One session of this machine with its server, from a new key to an approval: by an administrator who armed it, by a
/// person who compares the code, or by a technician's PIN.
/// </summary>
public sealed class BootSession(
    BootClient client, IEphemeralKey key, IEphemeralKeys keys, byte[] serverKey, BootOrder order, DeployStatus status, ServerClock clock, Backoff backoff,
    TimeProvider time)
{
    private const int LongestWait = 50;

    /// <returns>The answer that approved it, or that ended it.</returns>
    /// <param name="pins">PINs as they are entered.</param>
    public async Task<BootWaitResponse> ApprovedAsync(Func<CancellationToken, Task<string>> pins, CancellationToken cancellationToken)
    {
        var session = await OpenAsync(cancellationToken);
        if (session.State == BootSessionState.Waiting)
            status.Waiting(ApprovalCode.Of(key.PublicKey, session.Nonce), session.SiteName, session.ProfileName);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var byPin = PinsAsync(session.SessionId, pins, stop.Token);
        var byOthers = WaitAsync(session.SessionId, stop.Token);
        var first = await Task.WhenAny(byPin, byOthers);
        await stop.CancelAsync();
        return await first;
    }

    private async Task<BootSessionResponse> OpenAsync(CancellationToken cancellationToken)
    {
        var request = new BootSessionRequest(
            Convert.ToBase64String(key.PublicKey), order.Site, order.ProfileId, order.Environment, order.AgentVersion, order.Facts);
        while (true)
        {
            var answer = await client.OpenAsync(request, cancellationToken);
            if (answer.Value is { } session)
            {
                clock.Observe(session.ServerTime);
                backoff.Reset();
                status.Trouble(null);
                return session;
            }

            await LetPassAsync(answer.Problem!, cancellationToken);
        }
    }

    private async Task<BootWaitResponse> WaitAsync(string sessionId, CancellationToken cancellationToken)
    {
        // The first answer comes at once: what stood in the way already is not waited for.
        var patience = 0;
        string? told = null;
        while (true)
        {
            var answer = await client.WaitAsync(sessionId, new BootWaitRequest(patience), cancellationToken);
            if (answer.Value is { } response)
            {
                clock.Observe(response.ServerTime);
                backoff.Reset();
                status.Trouble(null);
                if (response.State != BootSessionState.Waiting)
                    return response;
                if (response.Reason is { } reason && reason != told)
                    status.Note(reason);
                told = response.Reason;
                patience = LongestWait;
            }
            else if (answer.Problem!.Code is BootProblemCode.SessionOver or ProblemCode.KeyUnknown)
            {
                return new BootWaitResponse(BootSessionState.Ended, answer.Problem.Message, null, null, null, clock.Now);
            }
            else
            {
                await LetPassAsync(answer.Problem, cancellationToken);
            }
        }
    }

    private async Task<BootWaitResponse> PinsAsync(string sessionId, Func<CancellationToken, Task<string>> pins, CancellationToken cancellationToken)
    {
        var recipient = keys.Point(serverKey);
        while (true)
        {
            var pin = await pins(cancellationToken);
            using var ephemeral = keys.Create();
            var message = Hpke.Seal(Encoding.UTF8.GetBytes(pin), BootPinRequest.Info(sessionId), recipient, ephemeral);
            var answer = await client.PinAsync(sessionId, new BootPinRequest(Convert.ToBase64String(message), order.ProfileId), cancellationToken);
            if (answer.Value is { State: not BootSessionState.Waiting } response)
                return response;
            status.Note(answer.Problem is { } problem ? $"The PIN was not taken: {problem.Message} ({problem.Code})" : "The PIN was taken; a profile is still to be chosen in the console.");
        }
    }

    /// <summary>Whatever the server says, a machine that waits goes on asking: a person can mend it there.</summary>
    private async Task LetPassAsync(ServerProblem problem, CancellationToken cancellationToken)
    {
        status.Trouble(problem);
        await Task.Delay(backoff.Next(problem.RetryAfter), time, cancellationToken);
    }
}

/// <summary>What this machine asks for.</summary>
public sealed record BootOrder(string? Site, string? ProfileId, string Environment, string AgentVersion, BootFacts Facts);
