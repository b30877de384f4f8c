using CsCheck;
using DeployFlow.Agent.Http;

namespace DeployFlow.Agent.Tests;

public sealed class BackoffTests
{
    [Fact]
    public void Each_try_lies_in_its_own_window_of_1_to_64_seconds() => Gen.Int.Sample(seed =>
    {
        var backoff = new Backoff(new Random(seed));
        var at = TimeSpan.Zero;
        var begin = TimeSpan.Zero;
        foreach (var window in new[] { 1, 2, 4, 8, 16, 32, 64, 64, 64 })
        {
            at += backoff.Next(null);
            Assert.InRange(at, begin, begin + TimeSpan.FromSeconds(window));
            begin += TimeSpan.FromSeconds(window);
        }
    }, iter: 500);

    [Fact]
    public void What_the_server_asks_for_wins() =>
        Assert.Equal(TimeSpan.FromSeconds(90), new Backoff(new Random(1)).Next(TimeSpan.FromSeconds(90)));

    [Fact]
    public void After_a_success_it_begins_anew()
    {
        var backoff = new Backoff(new Random(1));
        for (var count = 0; count < 10; count++)
            backoff.Next(null);
        backoff.Reset();
        Assert.InRange(backoff.Next(null), TimeSpan.Zero, TimeSpan.FromSeconds(1));
    }
}
