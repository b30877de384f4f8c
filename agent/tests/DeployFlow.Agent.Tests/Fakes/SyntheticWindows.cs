using System.IO.Compression;
using System.Text;
using DeployFlow.Engine.Os.Offline;

namespace DeployFlow.Agent.Tests.Fakes;

/// <summary>A tree of files that is laid out as an applied Windows is, with hives, and images and packages for it.</summary>
internal static class SyntheticWindows
{
    public const string BootManager = "the boot manager";

    public static string Tree(string folder, int fillerFiles = 60)
    {
        void Write(string path, byte[] content)
        {
            var file = Path.Combine(folder, path);
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.WriteAllBytes(file, content);
        }

        Write("Windows/Boot/EFI/bootmgfw.efi", Encoding.ASCII.GetBytes(BootManager));
        Write("Windows/Boot/EFI/de-DE/bootmgfw.efi.mui", "words"u8.ToArray());
        Write("Windows/Boot/Fonts/segoe_slboot.ttf", "a font"u8.ToArray());
        Write("Windows/System32/ntoskrnl.exe", Random(900_000, 1));
        // In the spelling that Windows really has; paths of a plan may have another.
        Write("Windows/System32/config/SYSTEM", System());
        Write("Windows/System32/config/SOFTWARE", Software());
        Write("Users/Default/NTUSER.DAT", Hive.Create("NTUSER", "ROOT", DateTimeOffset.UnixEpoch).Save());
        Directory.CreateDirectory(Path.Combine(folder, "Program Files"));
        Directory.CreateDirectory(Path.Combine(folder, "ProgramData"));
        for (var number = 0; number < fillerFiles; number++)
            Write($"Windows/System32/filler/file{number}.dll", Random(200_000, number + 10));
        return folder;
    }

    /// <summary>The tree as a pipable image.</summary>
    public static byte[] Image(string tree, bool pipable = true)
    {
        var file = Path.Combine(Path.GetTempPath(), $"dfi-{Guid.NewGuid():n}.wim");
        try
        {
            SystemProgram.Output("wimlib-imagex", ["capture", tree, file, "Windows", "--compress=XPRESS", .. pipable ? new[] { "--pipable" } : []]);
            return File.ReadAllBytes(file);
        }
        finally
        {
            File.Delete(file);
        }
    }

    public static byte[] Zip(params (string Name, string Text)[] files)
    {
        using var stream = new MemoryStream();
        using (var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (name, text) in files)
            {
                using var entry = zip.CreateEntry(name).Open();
                entry.Write(Encoding.UTF8.GetBytes(text));
            }
        }

        return stream.ToArray();
    }

    private static byte[] System()
    {
        var hive = Hive.Create("SYSTEM", "ROOT", DateTimeOffset.UnixEpoch);
        hive.Root.Ensure("Select").Set("Current", 1);
        for (var number = 0; number < 40; number++)
            hive.Root.Ensure($@"ControlSet001\Services\service{number}").Set("Start", 3);
        return hive.Save();
    }

    private static byte[] Software()
    {
        var hive = Hive.Create("SOFTWARE", "ROOT", DateTimeOffset.UnixEpoch);
        hive.Root.Ensure(@"Microsoft\Windows\CurrentVersion").Set("DevicePath", RegistryKind.ExpandText, RegistryData.Text(@"%SystemRoot%\inf"));
        return hive.Save();
    }

    private static byte[] Random(int size, int seed)
    {
        var content = new byte[size];
        new Random(seed).NextBytes(content);
        return content;
    }
}
