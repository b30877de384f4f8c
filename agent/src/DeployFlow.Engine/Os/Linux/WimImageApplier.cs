using DeployFlow.Contracts.Boot;
using DeployFlow.Engine.Steps;

namespace DeployFlow.Engine.Os.Linux;

/// <summary>
/// wimlib writes straight onto the unmounted NTFS volume: with all attributes and access rights, and a pipable image
/// while it is still downloading.
/// </summary>
/// <param name="memory">Where an image that cannot be streamed is kept meanwhile.</param>
public sealed class WimImageApplier(Tools tools, string memory) : IImageApplier
{
    private const string Program = "wimlib-imagex";

    // wimlib's own codes, which are also its exit codes.
    private const int NoSuchImage = 18;
    private const int NotPipable = 44;
    private const int EndsTooEarly = 65;

    /// <summary>Decompression, integrity, header, tables, metadata, hash, "no WIM", XML.</summary>
    private static readonly int[] Damaged = [2, 13, 17, 19, 20, 21, 26, 28, 36, 43, 50, 55, 56, 67, 73];

    public async Task ApplyAsync(ApplyImageConfiguration image, string volume, IContentSource content, IStepLog log, CancellationToken cancellationToken)
    {
        if (image.Pipable)
            await StreamAsync(image, volume, content, log, cancellationToken);
        else
            await StageAsync(image, volume, content, log, cancellationToken);
    }

    private async Task StreamAsync(ApplyImageConfiguration image, string volume, IContentSource content, IStepLog log, CancellationToken cancellationToken)
    {
        StepFailedException? failure = null;
        async Task Feed(Stream input, CancellationToken token)
        {
            try
            {
                await content.CopyAsync(image.Content, new WantedInput(input), arrived => log.Progress(arrived, image.Content.SizeBytes), token);
            }
            catch (StepFailedException error)
            {
                failure = error;
            }
        }

        var end = await tools.RunAsync(Program, ["apply", "-", image.Index.ToString(), volume], log, cancellationToken, Line(log), Feed);
        // A download that failed is the cause of what wimlib then says.
        if (failure is not null)
            throw failure;
        Judge(end, image);
    }

    private async Task StageAsync(ApplyImageConfiguration image, string volume, IContentSource content, IStepLog log, CancellationToken cancellationToken)
    {
        var free = new DriveInfo(memory).AvailableFreeSpace;
        if (free < image.Content.SizeBytes + (image.Content.SizeBytes / 10))
        {
            throw new StepFailedException(
                StepErrorCode.OutOfSpace,
                $"This image cannot be streamed and does not fit into this machine's memory ({image.Content.SizeBytes >> 20} MiB, {free >> 20} MiB free); prepare it on the server as a pipable one.");
        }

        var file = Path.Combine(memory, $"{image.Content.Sha256}.wim");
        try
        {
            await using (var stream = File.Create(file))
                await content.CopyAsync(image.Content, stream, arrived => log.Progress(arrived, image.Content.SizeBytes, "downloading"), cancellationToken);
            Judge(await tools.RunAsync(Program, ["apply", file, image.Index.ToString(), volume], log, cancellationToken, Line(log)), image);
        }
        catch (ContentTargetException error)
        {
            throw new StepFailedException(StepErrorCode.OutOfSpace, $"The image cannot be kept in memory: {error.Message}", error);
        }
        finally
        {
            File.Delete(file);
        }
    }

    /// <summary>Its progress is ours, told by bytes; the rest goes to the log.</summary>
    private static Action<string> Line(IStepLog log) => line =>
    {
        if (!line.Contains("% done", StringComparison.Ordinal) && !line.Contains("%) done", StringComparison.Ordinal))
            log.Output(line + "\n");
    };

    private static void Judge(ToolEnd end, ApplyImageConfiguration image)
    {
        if (end.ExitCode == 0)
            return;
        var (code, what) = end.ExitCode switch
        {
            EndsTooEarly => (StepErrorCode.ImageDamaged, "the image ends too early; import it on the server anew"),
            NoSuchImage => (StepErrorCode.ApplyFailed, $"the image has no index {image.Index}; choose another edition in the profile"),
            NotPipable => (StepErrorCode.ApplyFailed, "the image cannot be streamed; prepare it on the server anew"),
            _ when end.Tail.Contains("No space left", StringComparison.OrdinalIgnoreCase) =>
                (StepErrorCode.OutOfSpace, "the Windows partition is too small for this image"),
            _ when Damaged.Contains(end.ExitCode) => (StepErrorCode.ImageDamaged, "the image is damaged; import it on the server anew"),
            _ => (StepErrorCode.ApplyFailed, "the log has what wimlib said"),
        };
        throw new StepFailedException(code, $"Applying {image.Name} failed: {what}. ({end.LastLine}, wimlib {end.ExitCode})");
    }

    /// <summary>
    /// wimlib reads an image to the last byte it needs and closes the pipe; what follows goes into the hash only. Where it
    /// closed the pipe because it failed, its exit code tells.
    /// </summary>
    private sealed class WantedInput(Stream input) : Stream
    {
        private bool _closed;

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (_closed)
                return;
            try
            {
                await input.WriteAsync(buffer, cancellationToken);
            }
            catch (IOException)
            {
                _closed = true;
            }
        }

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
