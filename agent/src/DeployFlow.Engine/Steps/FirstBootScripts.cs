using System.Text;
using DeployFlow.Engine.Os.Offline;
using DeployFlow.Engine.Scripts;

namespace DeployFlow.Engine.Steps;

/// <summary>
/// What runs once as SYSTEM when Windows has been set up: files in one folder, in the order of their names, by one
/// command file. Windows calls it through SetupComplete.cmd; where it does not (machines with a product key in their
/// firmware), the agent's first run does.
/// </summary>
internal static class FirstBootScripts
{
    private const string Runner = "first-boot.cmd";

    /// <summary>Runs everything once, whoever calls.</summary>
    public const string Entry = $@"{WindowsFolders.FirstBoot}\{Runner}";

    public static void AddCommands(string root, int position, IReadOnlyList<string> commands)
    {
        for (var index = 0; index < commands.Count; index++)
            Add(root, Name(position, index), Encoding.UTF8.GetBytes($"@{commands[index]}\r\n"));
    }

    /// <param name="parameters">Reach it as variables, as those of any script.</param>
    public static void AddScript(string root, int position, string language, string body, IReadOnlyDictionary<string, string> parameters)
    {
        var name = Name(position, 0);
        var isPowershell = language == ScriptLanguage.Powershell;
        // The body beside it: what sets the variables is a command file.
        var file = $"{name}-body.{(isPowershell ? "ps1" : "bat")}";
        Write(root, file, [.. isPowershell ? Encoding.UTF8.Preamble : default, .. Encoding.UTF8.GetBytes(body.ReplaceLineEndings("\r\n"))]);
        var call = isPowershell
            ? $"powershell.exe -NoLogo -NoProfile -NonInteractive -ExecutionPolicy Bypass -File \"%~dp0{file}\""
            : $"call \"%~dp0{file}\"";
        var variables = string.Concat(parameters.Select(pair => $"set \"DF_{pair.Key.ToUpperInvariant()}={pair.Value.Replace("%", "%%")}\"\r\n"));
        Add(root, name, Encoding.UTF8.GetBytes($"@echo off\r\nchcp 65001 >nul\r\n{variables}{call}\r\nexit /b %errorlevel%\r\n"));
    }

    /// <summary>Takes the injected drivers into Windows' store and installs those that fit a device.</summary>
    public static void AddDrivers(string root) => Add(
        root, "step-000-drivers", Encoding.ASCII.GetBytes("@pnputil.exe /add-driver \"%SystemRoot%\\DeployFlow\\Drivers\\*.inf\" /subdirs /install\r\n"));

    private static string Name(int position, int index) => $"step-{position:000}-{index:000}";

    private static void Add(string root, string name, byte[] content)
    {
        Write(root, $"{name}.cmd", content);
        Write(root, Runner, Resources.WindowsText(Runner));
        var setup = OfflinePath.ForWriting(root, WindowsFolders.SetupComplete);
        const string call = $"call \"%SystemRoot%\\DeployFlow\\FirstBoot\\{Runner}\"";
        // The image may bring one of its own.
        var text = File.Exists(setup) ? File.ReadAllText(setup) : "@echo off\r\n";
        if (!text.Contains(call, StringComparison.OrdinalIgnoreCase))
            File.WriteAllText(setup, $"{text.TrimEnd('\r', '\n')}\r\n{call}\r\n");
    }

    private static void Write(string root, string name, byte[] content) =>
        File.WriteAllBytes(OfflinePath.ForWriting(root, $@"{WindowsFolders.FirstBoot}\{name}"), content);
}
