namespace DeployFlow.Engine.Os;

internal static class FreeSpace
{
    private const long Step = 1L << 30;

    /// <summary>Down to 1 GiB, so that an inventory does not change by itself.</summary>
    public static long Rounded(long bytes) => bytes / Step * Step;
}
