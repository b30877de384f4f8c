using System.Diagnostics;
using System.Runtime.Versioning;

namespace DeployFlow.Engine.Os.Windows;

/// <summary>Starts the same program beside this process, which then ends.</summary>
[SupportedOSPlatform("windows")]
public sealed class WindowsAgentReplacement : IAgentReplacement
{
    public void Start(IReadOnlyList<string> arguments)
    {
        var program = Environment.ProcessPath ?? throw new InvalidOperationException("The path of this program is not known.");
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { UseShellExecute = false });
    }
}
