using DeployFlow.Contracts.Boot;
using DeployFlow.Engine.Steps;

namespace DeployFlow.Engine.Os.Offline;

/// <summary>
/// What goes onto the EFI system partition. Newer images hold the boot manager twice, signed under Microsoft's certificate
/// of 2011 and, beside it, under that of 2023; which of them starts is for the machine's firmware to say.
/// </summary>
public static class BootManagers
{
    /// <summary>What is signed under the certificate of 2023 has this at the end of its name, in folders of its own.</summary>
    private const string Of2023 = "_EX";

    /// <returns>The root folder; its boot store is still missing.</returns>
    /// <exception cref="StepFailedException">The image has no boot manager that this machine starts.</exception>
    public static FatFolder FilesOf(string windows, FirmwareTrust firmware, IStepLog log)
    {
        var manager = OfflinePath.In(windows, WindowsFolders.BootManager);
        if (!File.Exists(manager))
            throw new StepFailedException(StepErrorCode.BootFilesMissing, $"The applied Windows has no {WindowsFolders.BootManager}.");
        var newer = OfflinePath.In(windows, WindowsFolders.BootManager2023);
        if (firmware is { SecureBoot: true, Revokes2011: true } && !File.Exists(newer))
        {
            throw new StepFailedException(
                StepErrorCode.BootFilesMissing,
                "This machine's firmware no longer starts what Microsoft signed under its certificate of 2011, and the image has no other boot manager: import an image of Windows from 2025 or later.");
        }

        var root = new FatFolder("");
        var boot = root.Folder("EFI").Folder("Microsoft").Folder("Boot");
        boot.CopyFrom(OfflinePath.In(windows, WindowsFolders.EfiFiles));
        Copy(boot.Folder("Fonts"), OfflinePath.In(windows, WindowsFolders.BootFonts));
        Copy(boot.Folder("Resources"), OfflinePath.In(windows, WindowsFolders.BootResources));
        if (firmware.Trusts2023 && File.Exists(newer))
        {
            Replace(boot, OfflinePath.In(windows, WindowsFolders.EfiFiles2023));
            Replace(boot.Folder("Fonts"), OfflinePath.In(windows, WindowsFolders.BootFonts2023));
            manager = newer;
            log.Engine("The boot manager is the one signed under Microsoft's certificate of 2023, which this firmware trusts.");
        }

        root.Folder("EFI").Folder("Boot").Add(FatFile.Copy("bootx64.efi", manager));
        return root;
    }

    private static void Copy(FatFolder folder, string source)
    {
        if (Directory.Exists(source))
            folder.CopyFrom(source);
    }

    private static void Replace(FatFolder folder, string source)
    {
        if (!Directory.Exists(source))
            return;
        foreach (var file in Directory.EnumerateFiles(source))
        {
            var stem = Path.GetFileNameWithoutExtension(file);
            var name = stem.EndsWith(Of2023, StringComparison.OrdinalIgnoreCase) ? stem[..^Of2023.Length] : stem;
            folder.Add(FatFile.Copy(name + Path.GetExtension(file), file));
        }

        foreach (var child in Directory.EnumerateDirectories(source))
            Replace(folder.Folder(Path.GetFileName(child)), child);
    }
}

/// <summary>What a machine's firmware lets start.</summary>
/// <param name="Trusts2023">Its db has Microsoft's certificate of 2023 for Windows.</param>
/// <param name="Revokes2011">Its dbx has Microsoft's certificate of 2011 for Windows.</param>
public sealed record FirmwareTrust(bool SecureBoot, bool Trusts2023, bool Revokes2011)
{
    private const string Switch = "SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c";
    private const string Allowed = "db-d719b2cb-3d3a-4596-a3bc-dad00e67656f";
    private const string Forbidden = "dbx-d719b2cb-3d3a-4596-a3bc-dad00e67656f";

    /// <param name="variables">Folder of EFI variables; where it is absent, nothing is known.</param>
    public static FirmwareTrust Read(string variables) => new(
        // Four bytes of attributes come first.
        SystemFile.Bytes(Path.Combine(variables, Switch)) is { Length: 5 } value && value[4] == 1,
        Has(Path.Combine(variables, Allowed), "Windows UEFI CA 2023"u8),
        Has(Path.Combine(variables, Forbidden), "Microsoft Windows Production PCA 2011"u8));

    /// <summary>The name stands in the certificate as plain text, as Microsoft's own instructions look for it.</summary>
    private static bool Has(string variable, ReadOnlySpan<byte> certificate) =>
        SystemFile.Bytes(variable) is { } content && content.AsSpan().IndexOf(certificate) >= 0;
}
