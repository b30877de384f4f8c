using System.Text;

namespace DeployFlow.Engine.Os.Linux;

/// <summary>The kernel's log, disks, mounts, network and memory.</summary>
public sealed class LinuxRescueInfo(IProgramFiles programs) : IRescueInfo
{
    private const int MostText = 64 * 1024;

    public IReadOnlyList<(string Name, string Text)> Collect() =>
    [
        .. new[]
        {
            ("dmesg", Of("dmesg")),
            ("disks", Text("/proc/partitions") + Text("/proc/self/mounts")),
            ("network", Cards() + Of("ip", "route") + Text("/etc/resolv.conf")),
            ("memory", Text("/proc/meminfo")),
        }.Where(log => log.Item2.Length > 0),
    ];

    private string Of(string program, params string[] arguments) => programs.Find(program) is { } path ? End(ProgramOutput.Of(path, arguments)) : "";

    private static string Text(string file) => SystemFile.Text(file) is { } text ? $"{file}:\n{End(text)}\n" : "";

    private static string Cards()
    {
        var text = new StringBuilder();
        foreach (var card in Networks.All())
            text.Append(card.Name).Append(' ').Append(card.Mac).Append(' ').AppendJoin(' ', card.Addresses).Append('\n');
        return text.ToString();
    }

    /// <summary>What happened last is what counts.</summary>
    private static string End(string text) => text.Length <= MostText ? text : text[^MostText..];
}

/// <summary>A shell on the same terminal.</summary>
public sealed class LinuxBootTerminal : IBootTerminal
{
    private const string Shell = "/bin/sh";

    public unsafe void RunShell()
    {
        // The console was set to give single keys; a shell needs lines again.
        using var argv = new StringVector([Shell, "-c", $"stty sane 2>/dev/null; echo; echo 'exit leads back to the deployment.'; exec {Shell} -i"]);
        using var envp = new StringVector([.. new ChildEnvironment().Variables().Select(pair => $"{pair.Key}={pair.Value}")]);
        if (Libc.Spawn(out var pid, argv.Pointer[0], null, null, argv.Pointer, envp.Pointer) == 0)
            _ = Libc.WaitPid(pid, out _, 0);
    }
}
