using System.CommandLine;
using System.Runtime.Versioning;
using DeployFlow.Agent.Commands;
using DeployFlow.Agent.Deploy;
using DeployFlow.Agent.Enrollment;
using DeployFlow.Agent.Hosting;
using DeployFlow.Engine.Os;
using DeployFlow.Engine.Os.Linux;
using DeployFlow.Engine.Os.Windows;
using Microsoft.Extensions.Hosting.Systemd;
using Microsoft.Extensions.Hosting.WindowsServices;

namespace DeployFlow.Agent;

/// <summary>The only reader of arguments and environment.</summary>
internal static class Program
{
    public static async Task<int> Main(string[] args)
    {
        try
        {
            var tree = new CommandTree(CurrentPlatform(), args, Environment.GetEnvironmentVariable("DEPLOYFLOW_TOKEN"), Console.In);
            var parsed = tree.Build().Parse(args);
            if (parsed.Errors.Count > 0)
            {
                await Console.Error.WriteLineAsync($"{parsed.Errors[0].Message} See deployflow-agent --help.");
                return ExitCode.Usage;
            }

            // A stop is the host's business: the library would end the process after two seconds with 143.
            return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
        }
        catch (Exception error)
        {
            await Console.Error.WriteLineAsync(error.Message);
            return error switch
            {
                SettingsException => ExitCode.Usage,
                NotEnrolledException => ExitCode.NotEnrolled,
                ServiceRegistrationException or UnauthorizedAccessException => ExitCode.NotPermitted,
                OperationCanceledException => ExitCode.Success,
                _ => ExitCode.Failure,
            };
        }
    }

    private static Platform CurrentPlatform() => OperatingSystem.IsWindows() ? Windows() : Linux();

    [SupportedOSPlatform("windows")]
    private static Platform Windows() => new(
        Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.CommonApplicationData), "DeployFlow", "Agent"),
        WindowsServiceHelpers.IsWindowsService(),
        new WindowsPrivateFiles(),
        new WindowsProcessLauncher(),
        new WindowsProgramFiles(),
        new ChildEnvironment(),
        new WindowsService(),
        new WindowsAgentReplacement(),
        WindowsServiceHelpers.IsWindowsService() ? Environment.Exit : null,
        data => new WindowsDeviceKeyStore(data),
        dmiTable => new WindowsMachine(dmiTable, TimeProvider.System),
        WinPeBoot.Platform,
        new WindowsSystemState(),
        new MsiProperties(),
        new WindowsSoftwareFacts(),
        Path.GetPathRoot(Environment.SystemDirectory));

    [UnsupportedOSPlatform("windows")]
    private static Platform Linux() => new(
        "/var/lib/deployflow-agent",
        SystemdHelpers.IsSystemdService(),
        new LinuxPrivateFiles(),
        new LinuxProcessLauncher(),
        new LinuxProgramFiles(LinuxProgramFiles.Standard),
        new ChildEnvironment(),
        new SystemdService(),
        new LinuxAgentReplacement(),
        null,
        data => new FileDeviceKeyStore(data),
        dmiTable => new LinuxMachine(dmiTable, TimeProvider.System),
        LinuxBoot.Platform,
        new LinuxSystemState(new LinuxProgramFiles(LinuxProgramFiles.Standard)),
        new PackageSettings(PackageSettings.Standard),
        new LinuxSoftwareFacts(),
        null);
}
