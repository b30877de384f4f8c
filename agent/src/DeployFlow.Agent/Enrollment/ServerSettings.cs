using DeployFlow.Engine.Os;

namespace DeployFlow.Agent.Enrollment;

/// <summary>How the server is reached; checked.</summary>
/// <param name="ExtraCa">PEM file of certificates to trust beside the system's.</param>
public sealed record ServerSettings(Uri Server, Uri? Proxy, string? ExtraCa)
{
    /// <exception cref="SettingsException">A setting is not usable; the message says what to do.</exception>
    public static ServerSettings Of(string server, string? proxy, string? extraCa, bool insecureHttp)
    {
        if (!Uri.TryCreate(server.TrimEnd('/') + "/", UriKind.Absolute, out var url) || url.Scheme is not ("https" or "http"))
            throw new SettingsException($"'{server}' is not a server address; give one such as https://fleet.example.com.");
        if (url.Scheme == "http" && !url.IsLoopback && !insecureHttp)
            throw new SettingsException($"{server} is not encrypted; use https, or --insecure-http in a lab.");
        Uri? proxyUrl = null;
        if (proxy is not null && (!Uri.TryCreate(proxy, UriKind.Absolute, out proxyUrl) || proxyUrl.Scheme is not ("https" or "http")))
            throw new SettingsException($"'{proxy}' is not a proxy address; give one such as http://proxy.example.com:3128.");
        if (extraCa is not null && !File.Exists(extraCa))
            throw new SettingsException($"The CA file {extraCa} does not exist.");
        return new ServerSettings(url, proxyUrl, extraCa);
    }

    public static ServerSettings Of(AgentConfiguration configuration, DataDirectory data) =>
        Of(configuration.Server, configuration.Proxy, configuration.ExtraCa ? data.ExtraCa : null, configuration.InsecureHttp);
}

/// <summary>A setting is not usable. The message is one line that says what to do.</summary>
public sealed class SettingsException(string message) : Exception(message);
