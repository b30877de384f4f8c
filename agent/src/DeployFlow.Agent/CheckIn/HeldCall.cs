namespace DeployFlow.Agent.CheckIn;

/// <summary>Lets anybody end the check-in that the server is holding, so that a new one tells what changed.</summary>
public sealed class HeldCall(TimeProvider time)
{
    /// <summary>
    /// Several actions often end together, and an answer that is just under way is lost with the call that is ended:
    /// the server would hand its orders out again only seconds later.
    /// </summary>
    private static readonly TimeSpan Gathering = TimeSpan.FromMilliseconds(50);

    private CancellationTokenSource _current = new();
    private int _soon;

    /// <summary>Call it before the request is put together: what changes after that ends the call.</summary>
    public CancellationToken Begin()
    {
        Volatile.Write(ref _soon, 0);
        return Volatile.Read(ref _current).Token;
    }

    public void Renew()
    {
        // Not disposed: a call may still be linked to it, and it holds no timer.
        var ended = Interlocked.Exchange(ref _current, new CancellationTokenSource());
        _ = ended.CancelAsync();
    }

    /// <summary>Ends the call in a moment, unless it ends by itself before that.</summary>
    public void RenewSoon()
    {
        if (Interlocked.Exchange(ref _soon, 1) == 0)
            _ = RenewAfterGatheringAsync(Volatile.Read(ref _current));
    }

    private async Task RenewAfterGatheringAsync(CancellationTokenSource call)
    {
        await Task.Delay(Gathering, time, CancellationToken.None);
        if (Volatile.Read(ref _soon) == 1 && ReferenceEquals(call, Volatile.Read(ref _current)))
            Renew();
    }
}
