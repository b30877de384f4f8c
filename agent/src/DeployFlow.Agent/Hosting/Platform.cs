using DeployFlow.Agent.Deploy;
using DeployFlow.Engine.Os;
using DeployFlow.Engine.Scripts;

namespace DeployFlow.Agent.Hosting;

/// <summary>The operating system's side of everything, chosen once in Program.cs.</summary>
/// <param name="IsService">A service manager started this process and starts it again.</param>
/// <param name="EndProcess">
/// Ends the process at once with an exit code, where the service manager starts only those again which did not stop in
/// good order (Windows); null elsewhere.
/// </param>
/// <param name="Machine">Takes the path of an SMBIOS table to read instead of the firmware's, or null.</param>
/// <param name="Boot">What a boot environment of this system works with.</param>
/// <param name="WindowsVolume">Root of the volume that Windows runs from; null on other systems.</param>
/// <param name="DefaultDataDirectory">Where the agent keeps its state unless told otherwise.</param>
public sealed record Platform(
    string DefaultDataDirectory,
    bool IsService,
    IPrivateFiles Files,
    IProcessLauncher Launcher,
    IProgramFiles Programs,
    IChildEnvironment ChildEnvironment,
    IServiceRegistration Service,
    IAgentReplacement Replacement,
    Action<int>? EndProcess,
    Func<DataDirectory, IDeviceKeyStore> Keys,
    Func<string?, IMachine> Machine,
    Func<DeployOptions, BootPlatform> Boot,
    ISystemState System,
    IInstallerSettings Installer,
    ISoftwareFacts Software,
    string? WindowsVolume);
