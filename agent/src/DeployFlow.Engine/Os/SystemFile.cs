namespace DeployFlow.Engine.Os;

/// <summary>Files of the kernel and the system that may be absent or unreadable: then they say nothing.</summary>
internal static class SystemFile
{
    public static byte[]? Bytes(string path)
    {
        try
        {
            // Not ReadAllBytes: a file of sysfs says that it has 4096 bytes, and fewer than that are an error to it.
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
            using var content = new MemoryStream();
            file.CopyTo(content);
            return content.ToArray();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>The content without surrounding blanks; null where it is absent or empty.</summary>
    public static string? Text(string path) =>
        Bytes(path) is { } bytes && System.Text.Encoding.UTF8.GetString(bytes).Trim() is { Length: > 0 } text ? text : null;

    public static string[] Lines(string path) => Text(path)?.Split('\n') ?? [];
}
