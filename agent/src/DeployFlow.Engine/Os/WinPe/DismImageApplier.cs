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

    private static readonly byte[] Pipable = "WLPWM\0\0\0"u8.ToArray();

    public async Task ApplyAsync(ApplyImageConfiguration image, string volume, IContentSource content, IStepLog log, CancellationToken cancellationToken)
    {
        var root = Root(volume);
        var folder = Path.Combine(root, Folder);
        var file = Path.Combine(folder, "image.wim");
        Directory.CreateDirectory(folder);
        try
        {
            await DownloadAsync(image, file, content, log, cancellationToken);
            await RefusePipableAsync(image, file, cancellationToken);
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

    /// <summary>wimlib's form for streams, which DISM does not know.</summary>
    private static async Task RefusePipableAsync(ApplyImageConfiguration image, string file, CancellationToken cancellationToken)
    {
        var head = new byte[Pipable.Length];
        await using (var stream = File.OpenRead(file))
            _ = await stream.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false, cancellationToken);
        if (head.AsSpan().SequenceEqual(Pipable))
        {
            throw new StepFailedException(
                StepErrorCode.ApplyFailed, $"{image.Name} was prepared for streaming, which DISM cannot read; deploy it with the Linux boot environment.");
        }
    }

    internal static string Root(string volume) => volume.EndsWith(':') ? volume + Path.DirectorySeparatorChar : volume;
}
