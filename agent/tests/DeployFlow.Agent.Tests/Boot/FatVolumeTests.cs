using DeployFlow.Agent.Tests.Fakes;
using DeployFlow.Engine.Os.Offline;

namespace DeployFlow.Agent.Tests.Boot;

public sealed class FatVolumeTests : IDisposable
{
    private static readonly DateTimeOffset At = new(2026, 11, 24, 13, 0, 0, TimeSpan.Zero);

    private readonly string _file = Path.GetTempFileName();

    public void Dispose() => File.Delete(_file);

    [Theory]
    [InlineData(34, 512)]
    [InlineData(100, 512)]
    [InlineData(260, 512)]
    [InlineData(300, 4096)]
    public void Another_reader_finds_every_file_as_it_was(int mebibytes, int sectorSize)
    {
        Assert.SkipUnless(SystemProgram.Has("fsck.vfat", "mcopy", "mdir"), "needs dosfstools and mtools");
        var files = new Dictionary<string, byte[]>
        {
            ["EFI/Boot/bootx64.efi"] = Content(1_500_000, 1),
            ["EFI/Microsoft/Boot/BCD"] = Content(24576, 2),
            ["EFI/Microsoft/Boot/bootmgfw.efi"] = Content(1_500_001, 3),
            ["EFI/Microsoft/Boot/empty.txt"] = [],
            ["EFI/Microsoft/Boot/a name that is longer than thirteen.mui"] = Content(10, 4),
            ["EFI/Microsoft/Boot/a name that is longer than others.mui"] = Content(11, 5),
            ["EFI/Microsoft/Boot/de-DE/bootmgfw.efi.mui"] = Content(4096, 6),
            ["EFI/Microsoft/Boot/ANAMET~1.MUI"] = Content(12, 7),
        };
        var root = new FatFolder("");
        foreach (var (path, content) in files)
        {
            var parts = path.Split('/');
            parts[..^1].Aggregate(root, (folder, name) => folder.Folder(name)).Add(FatFile.Of(parts[^1], content));
        }

        // More than a cluster of directory.
        var many = root.Folder("many");
        for (var number = 0; number < 300; number++)
            many.Add(FatFile.Of($"file number {number}", Content(number, number)));
        var size = mebibytes * 1024L * 1024;
        using (var stream = new FileStream(_file, FileMode.Create))
        {
            // What lay there before must not matter.
            stream.Write(Content(1 << 20, 9));
            stream.SetLength(size);
            FatVolume.Write(stream, size, sectorSize, 1 << 20, "SYSTEM", root, At);
        }

        var check = SystemProgram.Output("fsck.vfat", "-n", "-v", _file);
        Assert.Contains("FATs, 32 bit entries", check);
        foreach (var (path, content) in files)
            Assert.Equal(content, Copied(path));
        Assert.Equal(Content(299, 299), Copied("many/file number 299"));
        Assert.Equal(300, SystemProgram.Output("mdir", "-i", _file, "-b", "::/many").Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
    }

    [Fact]
    public void What_does_not_fit_is_an_error_that_says_so()
    {
        var root = new FatFolder("");
        root.Add(new FatFile("large.bin", 60L << 20, () => new MemoryStream(new byte[60 << 20])));
        using var stream = new MemoryStream();
        Assert.Contains("No space", Assert.Throws<IOException>(() => FatVolume.Write(stream, 40L << 20, 512, 0, "SYSTEM", root, At)).Message);
        Assert.Throws<ArgumentException>(() => FatVolume.Write(stream, 16L << 20, 512, 0, "SYSTEM", new FatFolder(""), At));
    }

    private byte[] Copied(string path)
    {
        var target = Path.GetTempFileName();
        SystemProgram.Output("mcopy", "-n", "-D", "o", "-i", _file, $"::/{path}", target);
        var content = File.ReadAllBytes(target);
        File.Delete(target);
        return content;
    }

    private static byte[] Content(int size, int seed)
    {
        var content = new byte[size];
        new Random(seed).NextBytes(content);
        return content;
    }
}
