using System.Numerics;

namespace DeployFlow.Engine.Software;

/// <summary>
/// Which of two versions is newer, as the server has it too (contracts/examples/version-comparisons.json). Numbers count
/// as numbers, a missing one is 0, <c>~</c> comes before everything, letters behind a missing part and before numbers.
/// </summary>
public static class VersionComparison
{
    /// <returns>-1, 0 or 1.</returns>
    public static int Compare(string one, string other)
    {
        var (left, right) = (Read(one), Read(other));
        for (var at = 0; at < Math.Max(left.Count, right.Count); at++)
        {
            var order = Part(left, at).CompareTo(Part(right, at));
            if (order != 0)
                return Math.Sign(order);
        }

        return 0;
    }

    /// <returns>Whether what was found compares so; null where no version is known.</returns>
    public static bool? Holds(string comparison, string? found, string? wanted)
    {
        if (comparison == "exists" || wanted is null)
            return true;
        if (found is null)
            return null;
        var order = Compare(found, wanted);
        return comparison switch
        {
            "eq" => order == 0,
            "ge" => order >= 0,
            "gt" => order > 0,
            "le" => order <= 0,
            "lt" => order < 0,
            _ => null,
        };
    }

    private static List<string> Read(string version)
    {
        var text = version.Trim().ToLowerInvariant();
        var digits = text.TakeWhile(char.IsAsciiDigit).Count();
        var hasEpoch = digits > 0 && digits < text.Length && text[digits] == ':';
        var parts = new List<string> { hasEpoch ? text[..digits] : "0" };
        for (var at = hasEpoch ? digits + 1 : 0; at < text.Length;)
        {
            var start = at;
            if (text[at] == '~')
                at++;
            else if (char.IsAsciiDigit(text[at]))
                at = End(text, at, char.IsAsciiDigit);
            else if (char.IsAsciiLetterLower(text[at]))
                at = End(text, at, char.IsAsciiLetterLower);
            else
            {
                at++;
                continue;
            }

            parts.Add(text[start..at]);
        }

        return parts;
    }

    private static int End(string text, int at, Func<char, bool> belongs)
    {
        while (at < text.Length && belongs(text[at]))
            at++;
        return at;
    }

    private static Place Part(List<string> parts, int at) => at >= parts.Count
        ? new Place(2, 0, "")
        : parts[at] switch
        {
            "~" => new Place(0, 0, ""),
            var part when char.IsAsciiDigit(part[0]) => new Place(2, BigInteger.Parse(part, System.Globalization.CultureInfo.InvariantCulture), ""),
            var part => new Place(2, 0, part),
        };

    private readonly record struct Place(int Rank, BigInteger Number, string Text) : IComparable<Place>
    {
        public int CompareTo(Place other)
        {
            var order = Rank.CompareTo(other.Rank);
            if (order == 0)
                order = Number.CompareTo(other.Number);
            return order == 0 ? string.CompareOrdinal(Text, other.Text) : order;
        }
    }
}
