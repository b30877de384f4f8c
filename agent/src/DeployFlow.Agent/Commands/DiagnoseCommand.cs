using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text.Json;
using DeployFlow.Agent.Enrollment;
using DeployFlow.Agent.Hosting;
using DeployFlow.Agent.Http;
using DeployFlow.Contracts;
using DeployFlow.Engine.Os;

namespace DeployFlow.Agent.Commands;

/// <summary><c>diagnose</c>: every link between this agent and its server, each with a verdict and what to do.</summary>
public sealed class DiagnoseCommand(Platform platform, DataDirectory data)
{
    private const long FewBytes = 500L * 1024 * 1024;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    private readonly List<Diagnosis> _found = [];

    public async Task<int> RunAsync(bool json, CancellationToken cancellationToken)
    {
        await CheckAllAsync(cancellationToken);
        var report = new DiagnosisReport(_found.TrueForAll(check => check.Verdict != Diagnosis.Failed), _found);
        if (json)
            Console.WriteLine(JsonSerializer.Serialize(report, StatusReportJson.Default.DiagnosisReport));
        else
            _found.ForEach(check => Console.WriteLine($"{check.Verdict,-8} {check.Check,-14} {check.Finding}{(check.Advice is null ? "" : $" → {check.Advice}")}"));
        return report.Healthy ? ExitCode.Success : ExitCode.Unhealthy;
    }

    private async Task CheckAllAsync(CancellationToken cancellationToken)
    {
        CheckDisk();
        AgentConfiguration? configuration;
        ServerSettings settings;
        try
        {
            configuration = AgentConfiguration.Load(data);
            if (configuration is null)
            {
                Fail("configuration", $"{data.Configuration} does not exist.", "Enroll: deployflow-agent enroll --server URL --token TOKEN");
                return;
            }

            settings = ServerSettings.Of(configuration, data);
        }
        catch (SettingsException error)
        {
            Fail("configuration", error.Message, "Enroll again with --force.");
            return;
        }

        Pass("configuration", $"{configuration.Server}, device {configuration.DeviceId}");
        using var key = platform.Keys(data).Open();
        if (key is null)
        {
            Fail("key", "The device key is gone.", "Enroll again with --force.");
            return;
        }

        Pass("key", $"{key.Protection}, {MessageSignature.KeyId(key.PublicKey)}");
        if (settings.Proxy is { } proxy)
            Pass("proxy", $"{proxy}; name and connection of the server are the proxy's business");
        else if (!await CheckRouteAsync(settings.Server, cancellationToken))
            return;
        await CheckCallAsync(settings, key, cancellationToken);
    }

    private async Task<bool> CheckRouteAsync(Uri server, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Patience);
        var step = "dns";
        try
        {
            var addresses = await Dns.GetHostAddressesAsync(server.DnsSafeHost, limit.Token);
            Pass(step, string.Join(", ", addresses.Select(address => address.ToString())));
            step = "tcp";
            using var socket = new TcpClient();
            await socket.ConnectAsync(server.DnsSafeHost, server.Port, limit.Token);
            Pass(step, $"port {server.Port} answers");
            step = "tls";
            if (server.Scheme == "https")
                await CheckCertificateAsync(server, socket, limit.Token);
            return true;
        }
        catch (Exception error) when (error is SocketException or IOException or OperationCanceledException)
        {
            Fail(step, error is OperationCanceledException ? "No answer in time." : error.Message, step == "dns"
                ? "Check the server's name and this machine's DNS."
                : "Check the address, firewalls between here and the server, and whether a --proxy is needed.");
            return false;
        }
    }

    private async Task CheckCertificateAsync(Uri server, TcpClient socket, CancellationToken cancellationToken)
    {
        var systemTrusts = true;
        var subject = "";
        // Only looks: whether the certificate is trusted is judged by the signed call, with the extra CA.
#pragma warning disable CA5359
        using var tls = new SslStream(socket.GetStream(), leaveInnerStreamOpen: true, (_, certificate, _, errors) =>
        {
            systemTrusts = errors == SslPolicyErrors.None;
            subject = certificate is null ? "no certificate" : $"{certificate.Subject}, until {certificate.GetExpirationDateString()}";
            return true;
        });
#pragma warning restore CA5359
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = server.DnsSafeHost }, cancellationToken);
        Pass("tls", $"{tls.SslProtocol}, {subject}{(systemTrusts ? "" : ", not trusted by this system itself")}");
    }

    private async Task CheckCallAsync(ServerSettings settings, IDeviceKey key, CancellationToken cancellationToken)
    {
        var clock = new ServerClock(TimeProvider.System);
        using var http = ServerConnection.Create(settings);
        http.Timeout = Patience;
        var server = new ServerClient(http, key, clock, $"deployflow-agent/{AgentVersion.Current}");
        // An empty list of reports says nothing, so it does not disturb an agent that runs meanwhile (a check-in would).
        var answer = await server.ReportAsync(new ReportsRequest([]), cancellationToken);
        if (clock.Offset == TimeSpan.Zero)
            Pass("clock", "agrees with the server's");
        else
            Warn("clock", $"{-clock.Offset.TotalSeconds:0} s from the server's", "The agent corrects this by itself; set the clock for everything else.");
        if (answer.Value is not null)
            Pass("signed_call", "the server knows this device");
        else if (answer.Problem!.Code == ProblemCode.DevicePending)
            Warn("signed_call", "the server knows this device, but has not approved it", "Approve it in the console.");
        else
            Fail("signed_call", $"{answer.Problem.Message} ({answer.Problem.Code})", Advice(answer.Problem));
    }

    private static string Advice(ServerProblem problem) => problem.Code switch
    {
        ServerProblem.Unreachable => "Check certificate, --ca and --proxy.",
        ProblemCode.KeyUnknown => "The server does not know this device any more; enroll again with --force.",
        ProblemCode.DeviceRevoked => "The device was revoked in the console; remove the data folder and enroll again with a new token.",
        ProblemCode.DeviceQuarantined => "Two machines used one key; approve this one in the console.",
        _ => "Look at the server's log.",
    };

    private void CheckDisk()
    {
        var root = Path.GetPathRoot(data.Path) ?? data.Path;
        try
        {
            var free = new DriveInfo(OperatingSystem.IsWindows() ? root : Directory.Exists(data.Path) ? data.Path : "/").AvailableFreeSpace;
            if (free < FewBytes)
                Warn("disk", $"{free >> 20} MiB free for {data.Path}", "Make room: results are kept there until the server has them.");
            else
                Pass("disk", $"{free >> 20} MiB free for {data.Path}");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException)
        {
            Warn("disk", error.Message, null);
        }
    }

    private void Pass(string check, string finding) => _found.Add(new Diagnosis(check, Diagnosis.Passed, finding, null));

    private void Warn(string check, string finding, string? advice) => _found.Add(new Diagnosis(check, Diagnosis.Warned, finding, advice));

    private void Fail(string check, string finding, string advice) => _found.Add(new Diagnosis(check, Diagnosis.Failed, finding, advice));
}

/// <param name="Verdict">ok, warning or failed.</param>
public sealed record Diagnosis(string Check, string Verdict, string Finding, string? Advice)
{
    public const string Passed = "ok";
    public const string Warned = "warning";
    public const string Failed = "failed";
}

public sealed record DiagnosisReport(bool Healthy, IReadOnlyList<Diagnosis> Checks);
