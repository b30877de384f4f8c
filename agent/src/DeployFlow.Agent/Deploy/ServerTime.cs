using DeployFlow.Agent.Enrollment;
using DeployFlow.Agent.Http;

namespace DeployFlow.Agent.Deploy;

/// <summary>
/// A machine with a dead battery believes it is 2019, and then no certificate is valid yet. Its first question is
/// therefore what time it is, and only for this one the certificate's dates are not looked at. A wrong answer leads
/// to nothing: the plan carries its own times, signed.
/// </summary>
internal static class ServerTime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public static async Task LearnAsync(ServerSettings server, ServerClock clock, CancellationToken cancellationToken)
    {
        if (server.Server.Scheme != "https")
            return;
        using var http = ServerConnection.CreateForTime(server);
        http.Timeout = Patience;
        try
        {
            using var answer = await http.GetAsync("healthz", HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            if (answer.Headers.Date is { } date)
                clock.Observe(date);
        }
        catch (Exception error) when (SignedCalls.Unreachable(error, cancellationToken) is not null)
        {
            // The first call says what is wrong.
        }
    }
}
