using System.Runtime.InteropServices;

namespace DeployFlow.Engine.Os.Linux;

/// <summary>Replaces this process by the same program: same process id, so whoever supervises it sees nothing.</summary>
public sealed unsafe class LinuxAgentReplacement : IAgentReplacement
{
    public void Start(IReadOnlyList<string> arguments)
    {
        var program = Environment.ProcessPath ?? throw new InvalidOperationException("The path of this program is not known.");
        using var argv = new StringVector([program, .. arguments]);
        _ = Libc.Exec(program, argv.Pointer);
        throw new InvalidOperationException($"{program} could not be started anew: {Marshal.GetLastPInvokeErrorMessage()}");
    }
}
