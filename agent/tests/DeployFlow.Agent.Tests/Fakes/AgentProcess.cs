using System.Diagnostics;
using DeployFlow.Engine.Os.Windows;

namespace DeployFlow.Agent.Tests.Fakes;

/// <summary>The real program in a process of its own, so that it can be killed.</summary>
internal sealed class AgentProcess(string dataDirectory) : IDisposable
{
    private static readonly string Program = Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "deployflow-agent.exe" : "deployflow-agent");

    // Windows has no exec: an agent that restarts is a new process, and must be ended with the test too.
    private readonly JobObject? _job = OperatingSystem.IsWindows() ? new JobObject() : null;

    private Process? _run;

    public static AgentProcess InNewFolder() => new(Path.Combine(Path.GetTempPath(), $"dfa-{Guid.NewGuid():n}"));

    public string DataDirectory { get; } = dataDirectory;

    public int Id => _run!.Id;

    public bool HasExited => _run!.HasExited;

    public (int ExitCode, string Output, string Errors) Call(params string[] arguments) => CallWith("", arguments);

    public (int ExitCode, string Output, string Errors) CallWith(string input, params string[] arguments)
    {
        using var process = Start([.. arguments, "--data-dir", DataDirectory]);
        process.StandardInput.Write(input);
        process.StandardInput.Close();
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, errors.Result);
    }

    public void Enroll(FakeServer server)
    {
        var (exitCode, _, errors) = Call("enroll", "--server", server.Url, "--token", "dfe_test");
        Assert.True(exitCode == 0, errors);
    }

    public void Run()
    {
        _run = Start(["run", "--data-dir", DataDirectory]);
        if (OperatingSystem.IsWindows())
            Assert.True(_job!.Add(_run.Handle), "The agent cannot be put into a job object.");
        _run.ErrorDataReceived += (_, line) => TestContext.Current.TestOutputHelper?.WriteLine(line.Data ?? "");
        _run.BeginErrorReadLine();
        _run.BeginOutputReadLine();
    }

    /// <summary>SIGKILL, or TerminateProcess: no chance to say or write anything.</summary>
    public void Kill()
    {
        _run!.Kill(entireProcessTree: false);
        _run.WaitForExit();
    }

    public int Stop()
    {
        using var kill = Process.Start("kill", ["-TERM", _run!.Id.ToString()]);
        Assert.True(_run.WaitForExit(15_000), "The agent did not stop.");
        return _run.ExitCode;
    }

    public void Dispose()
    {
        if (_run is { HasExited: false })
            Kill();
        _run?.Dispose();
        if (OperatingSystem.IsWindows())
        {
            _job!.Kill();
            _job.Dispose();
        }

        if (Directory.Exists(DataDirectory))
            Directory.Delete(DataDirectory, recursive: true);
    }

    public static Process Start(IEnumerable<string> arguments) => Process.Start(new ProcessStartInfo(Program, arguments)
    {
        RedirectStandardOutput = true,
        RedirectStandardError = true,
        RedirectStandardInput = true,
        UseShellExecute = false,
    })!;
}
