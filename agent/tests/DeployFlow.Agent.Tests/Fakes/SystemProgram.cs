using System.Diagnostics;

namespace DeployFlow.Agent.Tests.Fakes;

/// <summary>Programs of the system that look at what ours has made.</summary>
internal static class SystemProgram
{
    public static (int ExitCode, string Output, string Errors) Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false })!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, errors.Result);
    }

    /// <summary>The output of a program that must succeed.</summary>
    public static string Output(string program, params string[] arguments)
    {
        var (exitCode, output, errors) = Run(program, arguments);
        Assert.True(exitCode == 0, $"{program} {string.Join(' ', arguments)}: {exitCode}\n{output}\n{errors}");
        return output;
    }

    public static bool Has(params string[] programs) =>
        !OperatingSystem.IsWindows() && programs.All(program => new[] { "/usr/sbin", "/usr/bin", "/sbin", "/bin" }.Any(folder => File.Exists(Path.Combine(folder, program))));
}
