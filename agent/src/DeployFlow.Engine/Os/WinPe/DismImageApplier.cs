using DeployFlow.Contracts.Boot;
using DeployFlow.Engine.Steps;

namespace DeployFlow.Engine.Os.WinPe;

/// <summary>
/// DISM reads files, not pipes: the image is first downloaded onto the volume it is for, and removed when it has been
/// applied.
/// </summary>
public sealed class DismImageApplier(Tools tools, WinPePrograms programs) : IImageApplier
{
    private const string Folder = "$deployflow";

    // Of a WIM's header.
    private const int HeadSize = 16;
    private const int VersionAt = 12;
    private const int SolidVersion = 0xE00;

    private static readonly byte[] Pipable = "WLPWM\0\0\0"u8.ToArray();

    public async Task ApplyAsync(ApplyImageConfiguration image, string volume, IContentSource content, IStepLog log, CancellationToken cancellationToken)
    {
        if (image.Pipable)
            throw MadeForPipes(image);
        var root = Root(volume);
        var folder = Path.Combine(root, Folder);
        var download = Path.Combine(folder, "image.part");
        Directory.CreateDirectory(folder);
        try
        {
            await DownloadAsync(image, download, content, log, cancellationToken);
            var file = Path.ChangeExtension(download, await ExtensionAsync(image, download, cancellationToken));
            File.Move(download, file);
            var end = await new Dism(tools, programs.Dism).RunAsync(
                ["/Apply-Image", $"/ImageFile:{file}", $"/Index:{image.Index}", $"/ApplyDir:{root}"], log, null, cancellationToken);
            if (end.ExitCode != 0)
                throw Dism.ApplyFailed(end, image);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task DownloadAsync(ApplyImageConfiguration image, string file, IContentSource content, IStepLog log, CancellationToken cancellationToken)
    {
        try
        {
            await using var stream = File.Create(file);
            await content.CopyAsync(image.Content, stream, arrived => log.Progress(arrived, image.Content.SizeBytes, "downloading"), cancellationToken);
        }
        catch (ContentTargetException error)
        {
            throw new StepFailedException(StepErrorCode.OutOfSpace, $"The Windows partition has no room for the image ({image.Content.SizeBytes >> 20} MiB): {error.Message}", error);
        }
    }

    /// <summary>DISM goes by names: one that is compressed as a whole is an ESD.</summary>
    private static async Task<string> ExtensionAsync(ApplyImageConfiguration image, string file, CancellationToken cancellationToken)
    {
        var head = new byte[HeadSize];
        await using (var stream = File.OpenRead(file))
            _ = await stream.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false, cancellationToken);
        // wimlib's form for streams, which DISM does not know.
        if (head.AsSpan().StartsWith(Pipable))
            throw MadeForPipes(image);
        return BitConverter.ToInt32(head, VersionAt) == SolidVersion ? "esd" : "wim";
    }

    private static StepFailedException MadeForPipes(ApplyImageConfiguration image) => new(
        StepErrorCode.ApplyFailed, $"{image.Name} comes in the form for streaming, which DISM cannot read; import the image on the server anew, or deploy it with the Linux boot environment.");

    internal static string Root(string volume) => volume.EndsWith(':') ? volume + Path.DirectorySeparatorChar : volume;
}
