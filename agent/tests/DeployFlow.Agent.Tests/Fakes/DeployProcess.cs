using System.Diagnostics;
using System.Text;

namespace DeployFlow.Agent.Tests.Fakes;

/// <summary>The real program as a boot environment runs it.</summary>
internal sealed class DeployProcess : IDisposable
{
    private readonly StringBuilder _output = new();
    private readonly Process _process;

    private DeployProcess(Process process)
    {
        _process = process;
        process.OutputDataReceived += (_, line) => Keep(line.Data);
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public string Output
    {
        get
        {
            lock (_output)
                return _output.ToString();
        }
    }

    public static DeployProcess Start(FakeBootServer server, string workFolder, params string[] more)
    {
        Directory.CreateDirectory(workFolder);
        var key = Path.Combine(workFolder, "server.pem");
        File.WriteAllText(key, server.PublicKeyPem);
        return new DeployProcess(AgentProcess.Start(
            ["deploy", "--server", server.Url, "--site", "Zq3vXw8k", "--mac", "52-54-00-AB-CD-EF", "--boot-key", key, "--work-dir", Path.Combine(workFolder, "mounts"), "--plain", .. more]));
    }

    /// <param name="hasFailed">Looked at while it runs: it would wait for a person for ever.</param>
    public (int ExitCode, string Output, string Errors) End(Func<bool> hasFailed, int seconds = 120)
    {
        for (var tries = 0; !_process.WaitForExit(100); tries++)
        {
            if (hasFailed() || tries > seconds * 10)
                return (-1, Output, "It did not end.");
        }

        _process.WaitForExit();
        return (_process.ExitCode, Output, "");
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
        _process.Dispose();
    }

    private void Keep(string? line)
    {
        TestContext.Current.TestOutputHelper?.WriteLine(line ?? "");
        lock (_output)
            _output.AppendLine(line);
    }
}
