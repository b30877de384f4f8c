using System.Text;
using CsCheck;
using DeployFlow.Agent.Tests.Fakes;
using DeployFlow.Contracts;
using DeployFlow.Engine.Scripts;
using Microsoft.Extensions.Time.Testing;

namespace DeployFlow.Agent.Tests;

public sealed class OutputLogTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly MemorySink _sink = new();

    [Fact]
    public void Text_survives_any_cut_of_its_bytes() => Gen.Select(Gen.String, Gen.Int[1, 7]).Sample((text, step) =>
    {
        var sink = new MemorySink();
        var wanted = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)).Replace('\0', '\ufffd').TrimStart('\ufeff');
        using var log = new OutputLog(sink, 1 << 20, [], _time);
        foreach (var piece in Encoding.UTF8.GetBytes(text).Chunk(step))
            log.Append(LogSource.Out, piece);
        log.Complete();
        Assert.Equal(wanted, sink.Text().TrimStart('\ufeff'));
    });

    [Fact]
    public void The_first_output_goes_at_once_and_the_next_within_100_ms()
    {
        using var log = new OutputLog(_sink, 1 << 20, [], _time);
        log.Append(LogSource.Out, "one"u8);
        Assert.Equal("one", _sink.Text());
        log.Append(LogSource.Out, "two"u8);
        log.Append(LogSource.Out, "three"u8);
        Assert.Equal("one", _sink.Text());
        _time.Advance(TimeSpan.FromMilliseconds(100));
        Assert.Equal("onetwothree", _sink.Text());
        Assert.Equal(2, _sink.Chunks.Count);
    }

    [Fact]
    public void After_the_end_nothing_more_is_passed_on()
    {
        using var log = new OutputLog(_sink, 1 << 20, [], _time);
        log.Append(LogSource.Out, "one"u8);
        log.Complete();
        log.Append(LogSource.Out, "from a daemon"u8);
        log.Append(LogSource.Err, "that was left running"u8);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("one", _sink.Text());
        Assert.Empty(_sink.Text(LogSource.Err));
    }

    [Fact]
    public void No_chunk_is_larger_than_16_KiB_of_UTF_8()
    {
        using var log = new OutputLog(_sink, 1 << 20, [], _time);
        log.Append(LogSource.Out, Encoding.UTF8.GetBytes(new string('ß', 40_000)));
        log.Complete();
        Assert.All(_sink.Chunks, chunk => Assert.InRange(Encoding.UTF8.GetByteCount(chunk.Text), 1, LogReport.MaxTextBytes));
        Assert.Equal(new string('ß', 40_000), _sink.Text());
    }

    [Fact]
    public void At_the_limit_the_output_ends_with_a_mark()
    {
        using var log = new OutputLog(_sink, 1000, [], _time);
        for (var count = 0; count < 300; count++)
        {
            log.Append(LogSource.Out, "0123456789"u8);
            _time.Advance(TimeSpan.FromMilliseconds(100));
        }

        log.Complete();
        Assert.True(log.Truncated);
        Assert.Equal(1000, Encoding.UTF8.GetByteCount(_sink.Text()));
        Assert.Equal((LogSource.Agent, "Output limit of 1000 bytes reached; the rest is not shown.\n"), _sink.Chunks[^1]);
    }

    [Fact]
    public void Output_that_ends_exactly_at_the_limit_is_whole()
    {
        using var log = new OutputLog(_sink, 1000, [], _time);
        log.Append(LogSource.Out, new byte[1000].Select(_ => (byte)'x').ToArray());
        log.Complete();
        Assert.False(log.Truncated);
    }

    [Fact]
    public void Both_streams_stay_in_the_order_in_which_they_came()
    {
        using var log = new OutputLog(_sink, 1 << 20, ["s3cret"], _time);
        log.Append(LogSource.Out, "a"u8);
        log.Append(LogSource.Out, "b s3c"u8);
        log.Append(LogSource.Err, "X"u8);
        log.Append(LogSource.Out, "ret d"u8);
        log.Complete();
        Assert.Equal([(LogSource.Out, "a"), (LogSource.Out, "b "), (LogSource.Err, "X"), (LogSource.Out, $"{OutputRedactor.Mask} d")], _sink.Chunks);
    }
}
