namespace DeployFlow.StandIns;

internal static class Bcdboot
{
    private const int Failure = 193;

    public static int Run(string[] args)
    {
        if (args is not [var windows, "/s", var system, "/f", "UEFI", "/l", _])
        {
            Console.Out.Write("Bcdboot - Bcd boot file creation and repair tool.\r\n");
            return 87;
        }

        var source = Path.Combine(windows, "Boot", "EFI");
        if (!Directory.Exists(source) || !Directory.Exists(system + "\\"))
        {
            Console.Out.Write("Failure when attempting to copy boot files.\r\n");
            return Failure;
        }

        var boot = Directory.CreateDirectory(Path.Combine(system + "\\", "EFI", "Microsoft", "Boot")).FullName;
        foreach (var file in Directory.EnumerateFiles(source))
            File.Copy(file, Path.Combine(boot, Path.GetFileName(file)), overwrite: true);
        File.WriteAllText(Path.Combine(boot, "BCD"), "a boot store");
        var fallback = Directory.CreateDirectory(Path.Combine(system + "\\", "EFI", "Boot")).FullName;
        File.Copy(Path.Combine(source, "bootmgfw.efi"), Path.Combine(fallback, "bootx64.efi"), overwrite: true);
        Console.Out.Write("Boot files successfully created.\r\n");
        return 0;
    }
}
