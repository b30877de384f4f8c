using System.Collections;
using DeployFlow.Engine.Scripts;

namespace DeployFlow.Engine.Os;

/// <summary>The agent's own environment without what is meant for the agent, and with a search path on Linux.</summary>
public sealed class ChildEnvironment : IChildEnvironment
{
    public Dictionary<string, string> Variables()
    {
        var variables = new Dictionary<string, string>(OperatingSystem.IsWindows() ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal);
        foreach (DictionaryEntry entry in Environment.GetEnvironmentVariables())
        {
            var name = (string)entry.Key;
            if (!IsTheAgents(name))
                variables[name] = (string?)entry.Value ?? "";
        }

        if (!OperatingSystem.IsWindows())
        {
            variables.TryAdd("PATH", string.Join(':', Linux.LinuxProgramFiles.Standard));
            variables.TryAdd("HOME", "/root");
            variables["LC_ALL"] = "C.UTF-8";
        }

        return variables;
    }

    private static bool IsTheAgents(string name) =>
        name.StartsWith("DEPLOYFLOW_", StringComparison.OrdinalIgnoreCase)
        || name.StartsWith("DF_", StringComparison.OrdinalIgnoreCase)
        || name is "NOTIFY_SOCKET" or "INVOCATION_ID" or "WATCHDOG_USEC" or "WATCHDOG_PID" or "JOURNAL_STREAM";
}
