using System.Globalization;
using System.Text;

namespace DeployFlow.StandIns;

/// <summary>
/// Stands in for diskpart, dism and bcdboot where there is no Windows, under whichever of these names it is started. It
/// refuses what the real ones would refuse, does to files what they do to disks, and prints what they print. Told to, it
/// replays a failure of one of them instead: see e2e/wine/recordings.
/// </summary>
internal static class Program
{
    public static int Main(string[] args)
    {
        var name = Path.GetFileNameWithoutExtension(Environment.ProcessPath!).ToLowerInvariant();
        var place = new Place(@"C:\stand-ins");
        place.Note($"{name} {string.Join(' ', args)}");
        if (place.Replayed(name, args) is { } exitCode)
            return exitCode;
        return name switch
        {
            "diskpart" => new Diskpart(place).Run(args),
            "dism" => new Dism(place).Run(args),
            "bcdboot" => Bcdboot.Run(args),
            _ => Unknown(name),
        };
    }

    private static int Unknown(string name)
    {
        Console.Error.WriteLine($"Nobody knows what {name} would do.");
        return 1;
    }
}

/// <summary>The folder by which tests and programs hear of each other.</summary>
internal sealed class Place(string folder)
{
    public string Disk => Path.Combine(folder, "disk.img");

    public string Letters => Path.Combine(folder, "letters.txt");

    /// <summary>What an image holds, by its index.</summary>
    public string Tree(int index) => Path.Combine(folder, "images", index.ToString(CultureInfo.InvariantCulture));

    public void Note(string line) => File.AppendAllText(Path.Combine(folder, "calls.log"), line + "\n");

    /// <summary>The failure that a test has laid out: program, exit code and a word of the arguments in the first line, then the output.</summary>
    public int? Replayed(string name, string[] args)
    {
        var file = Path.Combine(folder, "failure.txt");
        if (!File.Exists(file))
            return null;
        var lines = File.ReadAllLines(file, Encoding.UTF8);
        var (program, exitCode, word) = lines[0].Split(' ', 3) is [var first, var second, var third] ? (first, int.Parse(second, CultureInfo.InvariantCulture), third) : default;
        if (program != name || !args.Any(argument => argument.Contains(word, StringComparison.OrdinalIgnoreCase)))
            return null;
        Console.Out.Write(string.Join("\r\n", lines.Skip(1)) + "\r\n");
        return exitCode;
    }
}
