using DeployFlow.Engine.Os;
using DeployFlow.Engine.Scripts;

namespace DeployFlow.Agent.Deploy;

/// <summary>The boot environment's side of everything, chosen once in Program.cs.</summary>
/// <param name="Environment">linux or winpe.</param>
/// <param name="Scripts">Runs scripts in the boot environment itself.</param>
public sealed record BootPlatform(
    string Environment,
    IDisks Disks,
    IImageApplier Images,
    IOfflineWindows Windows,
    IBootFiles BootFiles,
    ScriptRunner Scripts,
    IEphemeralKeys Keys,
    IRescueInfo Rescue,
    IBootTerminal Terminal);
