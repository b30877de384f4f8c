namespace DeployFlow.Agent.Hosting;

/// <summary>
/// Gives memory back when nothing happens. Without work the collector never runs by itself, and what the last actions
/// needed would stay resident for days.
/// </summary>
public sealed class IdleMemory
{
    private const long WorthIt = 2L * 1024 * 1024;

    private long _allocated;

    /// <summary>Call it when the agent has nothing to do; costs about 10 ms of processor time where it is worth it.</summary>
    public void Trim()
    {
        var allocated = GC.GetTotalAllocatedBytes();
        if (allocated - _allocated < WorthIt)
            return;
        _allocated = allocated;
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
    }
}
