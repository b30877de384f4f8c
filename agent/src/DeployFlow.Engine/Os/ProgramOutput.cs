using System.Text;
using DeployFlow.Engine.Os.Linux;
using DeployFlow.Engine.Os.Windows;

namespace DeployFlow.Engine.Os;

/// <summary>What a small program of the system prints.</summary>
public static class ProgramOutput
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static readonly IProcessLauncher Launcher = OperatingSystem.IsWindows() ? new WindowsProcessLauncher() : new LinuxProcessLauncher();

    /// <returns>Empty where the program is absent, fails or takes too long.</returns>
    public static string Of(string program, params string[] arguments) => Run(program, arguments) is { ExitCode: 0 } end ? end.Output : "";

    /// <summary>Null where the program could not be started or took too long.</summary>
    public static ProgramEnd? Run(string program, params string[] arguments)
    {
        try
        {
            var order = new ProcessOrder(
                program, arguments, new ChildEnvironment().Variables(), Path.GetDirectoryName(program) ?? "/", $"os-{Guid.NewGuid():n}");
            using var process = Launcher.Start(order);
            using var limit = new CancellationTokenSource(Patience);
            using var kill = limit.Token.Register(process.KillTree);
            var errors = "";
            var reading = new Thread(() => errors = Text(process.Errors)) { IsBackground = true };
            reading.Start();
            var output = Text(process.Output);
            reading.Join();
#pragma warning disable VSTHRD002 // Nothing waits for this thread, and the program has closed its pipes.
            var exitCode = process.Exited.GetAwaiter().GetResult();
#pragma warning restore VSTHRD002
            return limit.IsCancellationRequested ? null : new ProgramEnd(exitCode, output, errors);
        }
        catch (ProcessStartException)
        {
            return null;
        }
    }

    private static string Text(Stream stream)
    {
        try
        {
            using var reader = new StreamReader(stream, Encoding.UTF8, leaveOpen: true);
            return reader.ReadToEnd();
        }
        catch (IOException)
        {
            return "";
        }
    }
}

public sealed record ProgramEnd(int ExitCode, string Output, string Errors);
