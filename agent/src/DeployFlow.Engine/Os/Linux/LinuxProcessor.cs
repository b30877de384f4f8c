using DeployFlow.Contracts;
using DeployFlow.Engine.Os.Smbios;

namespace DeployFlow.Engine.Os.Linux;

internal static class LinuxProcessor
{
    public static CpuInventory Read()
    {
        var name = (string?)null;
        var logical = 0;
        var cores = new HashSet<string>(StringComparer.Ordinal);
        var package = "0";
        foreach (var line in SystemFile.Lines("/proc/cpuinfo"))
        {
            var pair = line.Split(':', 2);
            var value = pair.Length == 2 ? pair[1].Trim() : "";
            switch (pair[0].Trim())
            {
                case "processor":
                    logical++;
                    break;
                case "model name":
                    name ??= JunkValues.Clean(value);
                    break;
                case "physical id":
                    package = value;
                    break;
                case "core id":
                    cores.Add($"{package}/{value}");
                    break;
            }
        }

        logical = Math.Max(logical, 1);
        return new CpuInventory(name, cores.Count > 0 ? cores.Count : logical, logical);
    }
}
