namespace DeployFlow.Agent.CheckIn;

/// <summary>Lets anybody end the check-in that the server is holding, so that a new one tells what changed.</summary>
public sealed class HeldCall
{
    private CancellationTokenSource _current = new();

    /// <summary>Take it before the request is put together: what changes after that ends the call.</summary>
    public CancellationToken Token => Volatile.Read(ref _current).Token;

    public void Renew()
    {
        // Not disposed: a call may still be linked to it, and it holds no timer.
        var ended = Interlocked.Exchange(ref _current, new CancellationTokenSource());
        _ = ended.CancelAsync();
    }
}
