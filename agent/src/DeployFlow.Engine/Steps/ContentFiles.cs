using System.IO.Compression;
using DeployFlow.Contracts.Boot;
using DeployFlow.Engine.Os;
using DeployFlow.Engine.Os.Offline;

namespace DeployFlow.Engine.Steps;

/// <summary>Content of the server as files on the Windows volume, where there is room, unlike in the memory of a boot environment.</summary>
internal static class ContentFiles
{
    public static async Task DownloadAsync(StepContext context, PlanContent content, string file, CancellationToken cancellationToken)
    {
        try
        {
            await using var stream = new FileStream(file, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 16);
            await context.Content.CopyAsync(content, stream, arrived => context.Log.Progress(arrived, content.SizeBytes), cancellationToken);
        }
        catch (ContentTargetException error)
        {
            throw new StepFailedException(StepErrorCode.OutOfSpace, $"{Path.GetFileName(file)} cannot be written: {error.Message}", error);
        }
    }

    /// <summary>Downloads a zip and unpacks it.</summary>
    /// <param name="folder">From the root of the volume.</param>
    /// <returns>Where it lies now.</returns>
    public static async Task<string> UnpackAsync(StepContext context, IOfflineVolume windows, PlanContent content, string folder, CancellationToken cancellationToken)
    {
        var downloads = OfflinePath.In(windows.Root, WindowsFolders.Downloads);
        Directory.CreateDirectory(downloads);
        try
        {
            var file = Path.Combine(downloads, content.Sha256);
            await DownloadAsync(context, content, file, cancellationToken);
            return Unpack(file, windows.Root, folder);
        }
        finally
        {
            Directory.Delete(downloads, recursive: true);
        }
    }

    private static string Unpack(string file, string root, string folder)
    {
        try
        {
            using var zip = ZipFile.OpenRead(file);
            foreach (var entry in zip.Entries)
            {
                if (entry.FullName.EndsWith('/'))
                    continue;
                // OfflinePath refuses what would lead out of the volume; the folder is not left either.
                var target = OfflinePath.ForWriting(root, $@"{folder}\{entry.FullName}");
                entry.ExtractToFile(target, overwrite: true);
            }

            return OfflinePath.In(root, folder);
        }
        catch (Exception error) when (error is InvalidDataException or ArgumentException)
        {
            throw new StepFailedException(StepErrorCode.DownloadFailed, $"The package cannot be unpacked: {error.Message} Import it anew on the server.", error);
        }
    }
}
