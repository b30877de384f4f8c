using DeployFlow.Engine.Os;

namespace DeployFlow.Engine.Scripts;

/// <summary>Languages a script may be written in.</summary>
public static class ScriptLanguage
{
    public const string Powershell = "powershell";
    public const string Cmd = "cmd";
    public const string Sh = "sh";
    public const string Python = "python";
}

/// <summary>Finds the program that runs a language, only where programs are installed and never in the current folder.</summary>
public sealed class Interpreters(IProgramFiles programs)
{
    private static readonly string[] Powershell = ["-NoLogo", "-NoProfile", "-NonInteractive", "-ExecutionPolicy", "Bypass", "-File"];

    /// <summary>Null where this machine has none for the language, or no such language exists.</summary>
    public Interpreter? For(string language) => language switch
    {
        ScriptLanguage.Powershell => Of(programs.WindowsPowershell ?? programs.Find("pwsh"), "script.ps1", "powershell.ps1", Powershell, hasMarker: true),
        ScriptLanguage.Cmd => Of(programs.CommandInterpreter, "script.cmd", "cmd.cmd", ["/d", "/c"]),
        ScriptLanguage.Sh => Of(programs.Shell, "script.sh", null, []),
        ScriptLanguage.Python => Of(programs.Find("python3") ?? programs.Find("python") ?? programs.Find("py"), "script.py", null, ["-u"]),
        _ => null,
    };

    public static bool IsKnown(string language) =>
        language is ScriptLanguage.Powershell or ScriptLanguage.Cmd or ScriptLanguage.Sh or ScriptLanguage.Python;

    private static Interpreter? Of(string? program, string file, string? wrapper, IReadOnlyList<string> arguments, bool hasMarker = false) =>
        program is null ? null : new Interpreter(program, arguments, file, wrapper, hasMarker);
}

/// <param name="ScriptFile">Name under which the body is written.</param>
/// <param name="Wrapper">Resource that is run in the body's place and calls it; null where the body is run itself.</param>
/// <param name="HasMarker">The wrapper prints a marker line first, which proves that it ran.</param>
public sealed record Interpreter(string Program, IReadOnlyList<string> Arguments, string ScriptFile, string? Wrapper, bool HasMarker);
