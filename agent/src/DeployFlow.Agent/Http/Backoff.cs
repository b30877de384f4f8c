namespace DeployFlow.Agent.Http;

/// <summary>
/// Waits after failed calls: a random point in a window of 1, 2, 4 … 64 s, and the rest of that window before the next
/// one begins. Without the rest, arrival times of many agents would bunch up instead of being spread evenly.
/// </summary>
public sealed class Backoff(Random random)
{
    private const int LargestStep = 6;

    private int _step;
    private TimeSpan _rest;

    /// <param name="retryAfter">What the server asked for; it wins.</param>
    public TimeSpan Next(TimeSpan? retryAfter)
    {
        if (retryAfter is { } asked)
        {
            _rest = TimeSpan.Zero;
            return asked < TimeSpan.Zero ? TimeSpan.Zero : asked;
        }

        var window = TimeSpan.FromSeconds(1 << _step);
        var point = window * random.NextDouble();
        var wait = _rest + point;
        _rest = window - point;
        _step = Math.Min(_step + 1, LargestStep);
        return wait;
    }

    public void Reset()
    {
        _step = 0;
        _rest = TimeSpan.Zero;
    }
}
