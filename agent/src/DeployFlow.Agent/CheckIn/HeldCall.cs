namespace DeployFlow.Agent.CheckIn;

/// <summary>Lets anybody have the check-in that the server is holding overtaken by a new one that tells what changed.</summary>
public sealed class HeldCall(TimeProvider time)
{
    /// <summary>Several actions often end together; one call tells of all of them.</summary>
    private static readonly TimeSpan Gathering = TimeSpan.FromMilliseconds(50);

    private TaskCompletionSource _news = NewSource();
    private int _soon;

    /// <summary>Call it before the request is put together: what changes after that ends the task it gives.</summary>
    public Task Begin()
    {
        Volatile.Write(ref _soon, 0);
        return Volatile.Read(ref _news).Task;
    }

    public void Renew() => Interlocked.Exchange(ref _news, NewSource()).TrySetResult();

    /// <summary>Renews the call in a moment, unless it ends by itself before that.</summary>
    public void RenewSoon()
    {
        if (Interlocked.Exchange(ref _soon, 1) == 0)
            _ = RenewAfterGatheringAsync(Volatile.Read(ref _news));
    }

    private async Task RenewAfterGatheringAsync(TaskCompletionSource news)
    {
        await Task.Delay(Gathering, time, CancellationToken.None);
        if (Volatile.Read(ref _soon) == 1 && ReferenceEquals(news, Volatile.Read(ref _news)))
            Renew();
    }

    private static TaskCompletionSource NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
