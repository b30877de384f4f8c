using System.Diagnostics;
using System.Text.Json;
using DeployFlow.Engine.Os.Offline;

namespace DeployFlow.Agent.Tests.Fakes;

/// <summary>Another reader of registry hives, which is not ours. On Linux, where it is installed.</summary>
internal static class Hivex
{
    private const string Python = "/usr/bin/python3";

    public static bool IsThere { get; } = !OperatingSystem.IsWindows() && File.Exists(Python) && Run("-c", "import hivex").ExitCode == 0;

    /// <summary>Reads all keys and values, and compares them with what we read.</summary>
    public static Dictionary<string, Dictionary<string, (int Kind, byte[] Data)>> AssertSame(byte[] hive)
    {
        var file = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(file, hive);
            var theirs = Read(file);
            var ours = new Dictionary<string, Dictionary<string, (int Kind, byte[] Data)>>();
            Walk(Hive.Open(hive, DateTimeOffset.UnixEpoch).Root, "", ours);
            Assert.Equal(ours.Keys.Order(), theirs.Keys.Order());
            foreach (var (key, values) in ours)
                Assert.Equal(values.OrderBy(pair => pair.Key).Select(Text), theirs[key].OrderBy(pair => pair.Key).Select(Text));
            return theirs;
        }
        finally
        {
            File.Delete(file);
        }
    }

    public static Dictionary<string, Dictionary<string, (int Kind, byte[] Data)>> Read(string file)
    {
        var (exitCode, output, errors) = Run(Path.Combine(AppContext.BaseDirectory, "dump_hive.py"), file);
        Assert.True(exitCode == 0, errors);
        return JsonDocument.Parse(output).RootElement.EnumerateObject().ToDictionary(
            key => key.Name,
            key => key.Value.EnumerateObject().ToDictionary(value => value.Name, value => (value.Value[0].GetInt32(), Convert.FromHexString(value.Value[1].GetString()!))));
    }

    private static string Text(KeyValuePair<string, (int Kind, byte[] Data)> value) => $"{value.Key} {value.Value.Kind} {Convert.ToHexString(value.Value.Data)}";

    private static void Walk(HiveKey key, string path, Dictionary<string, Dictionary<string, (int Kind, byte[] Data)>> into)
    {
        into[path] = key.Values.ToDictionary(value => value.Name, value => ((int)value.Kind, value.Data));
        foreach (var child in key.Subkeys)
            Walk(child, path.Length == 0 ? child.Name : $"{path}\\{child.Name}", into);
    }

    private static (int ExitCode, string Output, string Errors) Run(params string[] arguments) => SystemProgram.Run(Python, arguments);
}
