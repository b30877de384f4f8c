using System.Globalization;

namespace DeployFlow.StandIns;

internal sealed class Dism(Place place)
{
    private const int BadFormat = 11;
    private const int FileNotFound = 2;
    private const int Usage = 87;
    private const int Steps = 20;

    public int Run(string[] args)
    {
        if (args is not ["/English", .. var given])
            return Failed(Usage, "The progress and the errors of DISM are in the language of Windows without /English.");
        Console.Out.Write("\r\nDeployment Image Servicing and Management tool\r\nVersion: 10.0.26100.1150\r\n\r\n");
        return given switch
        {
            ["/Apply-Image", var file, var index, var folder] => Apply(Value(file, "/ImageFile:"), Value(index, "/Index:"), Value(folder, "/ApplyDir:")),
            [var image, "/Add-Driver", var drivers, "/Recurse"] => AddDrivers(Value(image, "/Image:"), Value(drivers, "/Driver:")),
            _ => Failed(Usage, "An option is unknown."),
        };
    }

    private int Apply(string? file, string? index, string? folder)
    {
        if (file is null || folder is null || !int.TryParse(index, CultureInfo.InvariantCulture, out var number))
            return Failed(Usage, "The parameter is incorrect.");
        if (!Directory.Exists(folder) || !File.Exists(file))
            return Failed(FileNotFound, "The system cannot find the file specified.");
        if (!IsImage(file))
            return Failed(BadFormat, "An attempt was made to load a program with an incorrect format.");
        if (!Directory.Exists(place.Tree(number)))
            return Failed(FileNotFound, "The system cannot find the file specified.");
        Console.Out.Write("Applying image\r\n");
        for (var step = 1; step <= Steps; step++)
        {
            Console.Out.Write($"\r[{new string('=', step * 2).PadRight(26)}{step * 100.0 / Steps:0.0}%{new string(' ', 26)}] ");
            Console.Out.Flush();
            using var moment = new ManualResetEventSlim();
            moment.Wait(TimeSpan.FromMilliseconds(150));
        }

        Copy(place.Tree(number), folder);
        Console.Out.Write("\r\nThe operation completed successfully.\r\n");
        return 0;
    }

    private static int AddDrivers(string? image, string? drivers)
    {
        if (image is null || drivers is null || !Directory.Exists(Path.Combine(image, "Windows")) || !Directory.Exists(drivers))
            return Failed(FileNotFound, "The system cannot find the file specified.");
        var found = Directory.GetFiles(drivers, "*.inf", SearchOption.AllDirectories).Order(StringComparer.OrdinalIgnoreCase).ToList();
        Console.Out.Write($"Image Version: 10.0.26100.1742\r\n\r\nSearching for driver packages to install...\r\nFound {found.Count} driver package(s) to install.\r\n");
        var refused = 0;
        for (var index = 0; index < found.Count; index++)
        {
            var isDriver = File.ReadAllText(found[index]).Contains("[Version]", StringComparison.OrdinalIgnoreCase);
            refused += isDriver ? 0 : 1;
            Console.Out.Write($"Installing {index + 1} of {found.Count} - {found[index]}: {(isDriver ? "The driver package was successfully installed." : "Error - An error occurred. The driver package could not be installed.")}\r\n");
        }

        return refused == 0 ? Done() : Failed(FileNotFound, "The system cannot find the file specified.");
    }

    private static int Done()
    {
        Console.Out.Write("The operation completed successfully.\r\n");
        return 0;
    }

    private static int Failed(int code, string message)
    {
        Console.Out.Write($"\r\nError: {code}\r\n\r\n{message}\r\n\r\nThe DISM log file can be found at X:\\Windows\\Logs\\DISM\\dism.log\r\n");
        return code;
    }

    /// <summary>A WIM as DISM reads it; the pipable form has another mark.</summary>
    private static bool IsImage(string file)
    {
        using var stream = File.OpenRead(file);
        var mark = new byte[8];
        return stream.ReadAtLeast(mark, mark.Length, throwOnEndOfStream: false) == mark.Length && mark.AsSpan().SequenceEqual("MSWIM\0\0\0"u8);
    }

    private static string? Value(string argument, string name) =>
        argument.StartsWith(name, StringComparison.OrdinalIgnoreCase) ? argument[name.Length..] : null;

    private static void Copy(string from, string to)
    {
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target, overwrite: true);
        }
    }
}
