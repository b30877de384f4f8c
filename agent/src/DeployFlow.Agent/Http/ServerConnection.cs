using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using DeployFlow.Agent.Enrollment;

namespace DeployFlow.Agent.Http;

/// <summary>The one HTTP client of the agent: proxy, private CA, and no plain HTTP but to this machine.</summary>
public static class ServerConnection
{
    /// <summary>Longer than any held call.</summary>
    public static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(50);

    public static HttpClient Create(ServerSettings settings) => Client(settings, null);

    /// <summary>Judges certificates by the server's clock where this machine's is wrong.</summary>
    public static HttpClient Create(ServerSettings settings, ServerClock clock) => Client(settings, policy => policy.VerificationTime = clock.Now.LocalDateTime);

    /// <summary>For the one call that asks for the time: the dates of certificates are not looked at, all else is.</summary>
    public static HttpClient CreateForTime(ServerSettings settings) =>
        Client(settings, policy => policy.VerificationFlags |= X509VerificationFlags.IgnoreNotTimeValid);

    private static HttpClient Client(ServerSettings settings, Action<X509ChainPolicy>? times) => new(Handler(settings, times))
    {
        BaseAddress = settings.Server,
        Timeout = MaxWait + TimeSpan.FromSeconds(30),
        DefaultRequestVersion = HttpVersion.Version11,
    };

    private static SocketsHttpHandler Handler(ServerSettings settings, Action<X509ChainPolicy>? times)
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            AutomaticDecompression = DecompressionMethods.None,
            ConnectTimeout = TimeSpan.FromSeconds(15),
            // A moved DNS name is followed within this time.
            PooledConnectionLifetime = TimeSpan.FromMinutes(10),
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(90),
        };
        if (settings.Proxy is { } proxy)
            handler.Proxy = new WebProxy(proxy, BypassOnLocal: true);
        if (settings.Server.IsLoopback)
            handler.UseProxy = false;
        if (settings.ExtraCa is not null || times is not null)
            handler.SslOptions.RemoteCertificateValidationCallback = Trust(settings.ExtraCa, times);
        return handler;
    }

    /// <summary>Trusts the certificates of a file beside those of the system; name and dates must be right all the same.</summary>
    private static RemoteCertificateValidationCallback Trust(string? file, Action<X509ChainPolicy>? times)
    {
        var extra = new X509Certificate2Collection();
        if (file is not null)
            extra.ImportFromPemFile(file);
        return (_, certificate, systemChain, errors) =>
        {
            if (errors == SslPolicyErrors.None)
                return true;
            if (errors != SslPolicyErrors.RemoteCertificateChainErrors || certificate is not X509Certificate2 leaf)
                return false;
            return (times is not null && Builds(leaf, systemChain, times, null)) || (extra.Count > 0 && Builds(leaf, systemChain, times, extra));
        };
    }

    private static bool Builds(X509Certificate2 leaf, X509Chain? systemChain, Action<X509ChainPolicy>? times, X509Certificate2Collection? roots)
    {
        using var chain = new X509Chain();
        if (roots is not null)
        {
            chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            chain.ChainPolicy.CustomTrustStore.AddRange(roots);
        }

        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        times?.Invoke(chain.ChainPolicy);
        foreach (var element in systemChain?.ChainElements ?? Enumerable.Empty<X509ChainElement>())
            chain.ChainPolicy.ExtraStore.Add(element.Certificate);
        return chain.Build(leaf);
    }
}
