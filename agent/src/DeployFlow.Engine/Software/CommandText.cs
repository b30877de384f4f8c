using System.Text;
using DeployFlow.Engine.Os;

namespace DeployFlow.Engine.Software;

/// <summary>A command as an administrator writes it: a program and its arguments, taken apart without a shell.</summary>
/// <param name="Arguments">One by one, as Linux hands them over.</param>
/// <param name="RawArguments">As they were written, as Windows hands them over.</param>
public sealed record CommandText(string Program, IReadOnlyList<string> Arguments, string RawArguments)
{
    public const string Installer = "{installer}";
    public const string Folder = "{folder}";

    /// <summary>Null where there is no program in it, or a quote is not closed.</summary>
    /// <param name="expand">Fills in variables of the system.</param>
    public static CommandText? Of(string text, string? installer, string folder, Func<string, string> expand)
    {
        var rest = text.AsSpan().TrimStart();
        if (Split(rest) is not { Count: > 0 } words)
            return null;
        var filled = words.Select(word => Fill(expand(word.Text), installer, folder)).ToList();
        var raw = Fill(expand(rest[words[0].Length..].Trim().ToString()), installer, folder);
        return new CommandText(filled[0], filled[1..], raw);
    }

    /// <summary>The program's file; null where this machine has none of the name.</summary>
    public string? Find(IProgramFiles programs, string folder)
    {
        if (Path.IsPathFullyQualified(Program))
            return Existing(Program);
        if (Existing(Path.Combine(folder, Program)) is { } beside)
            return beside;
        if (Program.AsSpan().IndexOfAny('/', '\\') >= 0)
            return null;
        return programs.Find(Program.EndsWith(".exe", StringComparison.OrdinalIgnoreCase) ? Program[..^4] : Program) ?? programs.Find(Program);
    }

    private static string? Existing(string path) => File.Exists(path) ? path : null;

    private static string Fill(string text, string? installer, string folder) =>
        text.Replace(Installer, installer ?? Installer, StringComparison.Ordinal).Replace(Folder, folder, StringComparison.Ordinal);

    /// <summary>Words with double quotes around spaces; single ones count on Linux, where Windows takes them for letters.</summary>
    private static List<Word>? Split(ReadOnlySpan<char> text)
    {
        var words = new List<Word>();
        var word = new StringBuilder();
        var (quote, begun, start) = ('\0', false, 0);
        for (var at = 0; at < text.Length; at++)
        {
            var character = text[at];
            if (quote == '\0' && char.IsWhiteSpace(character))
            {
                if (begun)
                    words.Add(new Word(word.ToString(), at - start));
                word.Clear();
                begun = false;
                continue;
            }

            if (!begun)
                (begun, start) = (true, at);
            if (quote != '\0' && character == quote)
                quote = '\0';
            else if (quote == '\0' && (character == '"' || (character == '\'' && !OperatingSystem.IsWindows())))
                quote = character;
            else
                word.Append(character);
        }

        if (quote != '\0')
            return null;
        if (begun)
            words.Add(new Word(word.ToString(), text.Length - start));
        return words;
    }

    /// <param name="Length">As it was written, with its quotes.</param>
    private readonly record struct Word(string Text, int Length);
}
