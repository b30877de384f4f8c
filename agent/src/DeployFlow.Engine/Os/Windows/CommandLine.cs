using System.Text;

namespace DeployFlow.Engine.Os.Windows;

/// <summary>Windows hands a program one string; this is the quoting that the C runtime takes apart again.</summary>
internal static class CommandLine
{
    public static string Of(string fileName, IReadOnlyList<string> arguments)
    {
        var line = new StringBuilder().Append('"').Append(fileName).Append('"');
        foreach (var argument in arguments)
        {
            line.Append(' ');
            if (argument.Length > 0 && argument.AsSpan().IndexOfAny(" \t\n\v\"") < 0)
                line.Append(argument);
            else
                Quote(line, argument);
        }

        return line.ToString();
    }

    private static void Quote(StringBuilder line, string argument)
    {
        line.Append('"');
        var backslashes = 0;
        foreach (var character in argument)
        {
            if (character == '\\')
            {
                backslashes++;
                continue;
            }

            // Backslashes are literal, except before a quote, where each counts half.
            line.Append('\\', character == '"' ? (2 * backslashes) + 1 : backslashes).Append(character);
            backslashes = 0;
        }

        line.Append('\\', 2 * backslashes).Append('"');
    }
}
