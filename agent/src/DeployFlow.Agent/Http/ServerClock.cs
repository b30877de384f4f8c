namespace DeployFlow.Agent.Http;

/// <summary>The server's clock as far as it is known: ours and an offset. A dead CMOS battery must not lock a device out.</summary>
public sealed class ServerClock(TimeProvider time)
{
    /// <summary>Smaller differences are the way of the answer, not of the clock.</summary>
    private static readonly TimeSpan Tolerance = TimeSpan.FromSeconds(30);

    private long _offsetTicks;

    public TimeSpan Offset => TimeSpan.FromTicks(Interlocked.Read(ref _offsetTicks));

    public DateTimeOffset Now => time.GetUtcNow() + Offset;

    /// <returns>True where the offset was changed.</returns>
    public bool Observe(DateTimeOffset serverTime)
    {
        if ((serverTime - Now).Duration() <= Tolerance)
            return false;
        Interlocked.Exchange(ref _offsetTicks, (serverTime - time.GetUtcNow()).Ticks);
        return true;
    }
}
