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

    public static HttpClient Create(ServerSettings settings) => new(Handler(settings))
    {
        BaseAddress = settings.Server,
        Timeout = MaxWait + TimeSpan.FromSeconds(30),
        DefaultRequestVersion = HttpVersion.Version11,
    };

    private static SocketsHttpHandler Handler(ServerSettings settings)
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
        if (settings.ExtraCa is { } file)
            handler.SslOptions.RemoteCertificateValidationCallback = Trust(file);
        return handler;
    }

    /// <summary>Trusts the certificates of a file beside those of the system; name and dates must be right all the same.</summary>
    private static RemoteCertificateValidationCallback Trust(string file)
    {
        var extra = new X509Certificate2Collection();
        extra.ImportFromPemFile(file);
        return (_, certificate, systemChain, errors) =>
        {
            if (errors == SslPolicyErrors.None)
                return true;
            if (errors != SslPolicyErrors.RemoteCertificateChainErrors || certificate is not X509Certificate2 leaf)
                return false;
            using var chain = new X509Chain();
            chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            chain.ChainPolicy.CustomTrustStore.AddRange(extra);
            chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
            foreach (var element in systemChain?.ChainElements ?? Enumerable.Empty<X509ChainElement>())
                chain.ChainPolicy.ExtraStore.Add(element.Certificate);
            return chain.Build(leaf);
        };
    }
}
