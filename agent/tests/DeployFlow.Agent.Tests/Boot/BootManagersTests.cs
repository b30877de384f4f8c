using System.Text;
using DeployFlow.Agent.Tests.Fakes;
using DeployFlow.Contracts.Boot;
using DeployFlow.Engine.Os.Offline;
using DeployFlow.Engine.Steps;

namespace DeployFlow.Agent.Tests.Boot;

/// <summary>Which of an image's two boot managers a machine gets.</summary>
public sealed class BootManagersTests : IDisposable
{
    private const string Manager = "EFI/Microsoft/Boot/bootmgfw.efi";
    private const string Fallback = "EFI/Boot/bootx64.efi";
    private const string Font = "EFI/Microsoft/Boot/Fonts/segoe_slboot.ttf";

    private readonly string _folder = Directory.CreateTempSubdirectory("dfb-").FullName;

    private string Windows => Path.Combine(_folder, "tree");

    private string Variables => Path.Combine(_folder, "efivars");

    public BootManagersTests()
    {
        SyntheticWindows.Tree(Windows, fillerFiles: 0);
        Directory.CreateDirectory(Variables);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Firmware_that_trusts_the_newer_certificate_gets_all_that_is_signed_under_it()
    {
        AddNewer();
        var files = FilesFor(db: "Microsoft Windows Production PCA 2011 … Windows UEFI CA 2023");
        Assert.Equal(("the newer one", "the newer one", "the newer font"), (files[Manager], files[Fallback], files[Font]));
        Assert.Equal("words", files["EFI/Microsoft/Boot/de-DE/bootmgfw.efi.mui"]);
        Assert.DoesNotContain(files.Keys, name => name.Contains("_EX", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("Microsoft Windows Production PCA 2011")]
    [InlineData(null)]
    public void Firmware_that_does_not_know_it_gets_the_older_ones(string? db)
    {
        AddNewer();
        var files = FilesFor(db);
        Assert.Equal((SyntheticWindows.BootManager, SyntheticWindows.BootManager, "a font"), (files[Manager], files[Fallback], files[Font]));
    }

    [Fact]
    public void An_older_image_has_only_the_older_ones()
    {
        Assert.Equal(SyntheticWindows.BootManager, FilesFor(db: "Windows UEFI CA 2023")[Fallback]);
    }

    [Fact]
    public void Firmware_that_has_revoked_the_older_certificate_starts_no_older_image_and_is_told_so()
    {
        var error = Assert.Throws<StepFailedException>(() => FilesFor(db: "Windows UEFI CA 2023", dbx: "Microsoft Windows Production PCA 2011", secureBoot: true));
        Assert.Equal(StepErrorCode.BootFilesMissing, error.Code);
        Assert.Contains("import an image", error.Message);
        // With Secure Boot off it starts whatever there is.
        Assert.Equal(SyntheticWindows.BootManager, FilesFor(db: "Windows UEFI CA 2023", dbx: "Microsoft Windows Production PCA 2011")[Fallback]);
    }

    private void AddNewer()
    {
        foreach (var (path, text) in new[] { ("EFI_EX/bootmgfw_EX.efi", "the newer one"), ("EFI_EX/bootmgr_EX.efi", "newer"), ("Fonts_EX/segoe_slboot_EX.ttf", "the newer font") })
        {
            var file = Path.Combine(Windows, "Windows", "Boot", path);
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.WriteAllText(file, text);
        }
    }

    private Dictionary<string, string> FilesFor(string? db, string? dbx = null, bool secureBoot = false)
    {
        void Set(string name, byte[]? value)
        {
            if (value is not null)
                File.WriteAllBytes(Path.Combine(Variables, name), [6, 0, 0, 0, .. value]);
        }

        Set("db-d719b2cb-3d3a-4596-a3bc-dad00e67656f", db is null ? null : Encoding.UTF8.GetBytes(db));
        Set("dbx-d719b2cb-3d3a-4596-a3bc-dad00e67656f", dbx is null ? null : Encoding.UTF8.GetBytes(dbx));
        Set("SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c", [secureBoot ? (byte)1 : (byte)0]);
        var files = new Dictionary<string, string>();
        Collect(BootManagers.FilesOf(Windows, FirmwareTrust.Read(Variables), new NoStepLog()), "", files);
        return files;
    }

    private static void Collect(FatFolder folder, string path, Dictionary<string, string> files)
    {
        foreach (var child in folder.Children)
        {
            if (child is FatFolder inner)
                Collect(inner, $"{path}{inner.Name}/", files);
            else
                files[path + child.Name] = Read((FatFile)child);
        }
    }

    private static string Read(FatFile file)
    {
        using var reader = new StreamReader(file.Open());
        return reader.ReadToEnd();
    }

    private sealed class NoStepLog : Engine.Os.IStepLog
    {
        public void Engine(string text)
        {
        }

        public void Output(string text)
        {
        }

        public void Errors(string text)
        {
        }

        public void Progress(long done, long total, string? text = null)
        {
        }

        public void Percent(double percent, string? text = null)
        {
        }
    }
}
