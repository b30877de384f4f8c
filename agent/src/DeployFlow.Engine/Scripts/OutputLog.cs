using System.Text;
using DeployFlow.Contracts;

namespace DeployFlow.Engine.Scripts;

/// <summary>Takes the numbered chunks of an action's output.</summary>
public interface ILogSink
{
    /// <returns>False where no more output can be kept.</returns>
    bool Append(LogSource source, string text);
}

/// <summary>
/// Turns the bytes a program writes into chunks: valid UTF-8 over piece borders, secrets redacted, at most 16 KiB each,
/// on their way within 100 ms, and no more than the limit.
/// </summary>
public sealed class OutputLog : IDisposable
{
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(100);

    private readonly Lock _gate = new();
    private readonly ILogSink _sink;
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private readonly Dictionary<LogSource, Channel> _channels;
    private readonly StringBuilder _pending = new();
    private readonly long _limit;
    private LogSource _pendingSource;
    private long _sent;
    private long _lastFlush;
    private bool _timerArmed;
    private bool _completed;

    /// <param name="limit">The most output to pass on, in bytes of UTF-8.</param>
    public OutputLog(ILogSink sink, long limit, IReadOnlyCollection<string> secrets, TimeProvider time)
    {
        _sink = sink;
        _time = time;
        _limit = limit;
        _channels = new()
        {
            [LogSource.Out] = new Channel(new OutputRedactor(secrets)),
            [LogSource.Err] = new Channel(new OutputRedactor(secrets)),
        };
        _timer = time.CreateTimer(_ => OnTimer(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _lastFlush = time.GetTimestamp() - (time.TimestampFrequency / 10);
    }

    public bool Truncated { get; private set; }

    public void Append(LogSource source, ReadOnlySpan<byte> bytes)
    {
        lock (_gate)
        {
            if (!Truncated && !_completed)
                Add(source, _channels[source].Decode(bytes, final: false));
        }
    }

    /// <summary>
    /// Passes on all that is still held back. What comes later is dropped: a process that the script left running may
    /// write for ever, and an action that has ended says nothing more.
    /// </summary>
    public void Complete()
    {
        lock (_gate)
        {
            foreach (var (source, channel) in _channels)
                Add(source, channel.Decode([], final: true));
            Flush();
            _completed = true;
        }
    }

    public void Dispose() => _timer.Dispose();

    private void Add(LogSource source, string text)
    {
        if (text.Length == 0 || Truncated)
            return;
        if (source != _pendingSource)
            Flush();
        _pendingSource = source;
        _pending.Append(text);
        var sinceFlush = _time.GetElapsedTime(_lastFlush);
        if (_pending.Length >= LogReport.MaxTextBytes || sinceFlush >= Pace)
        {
            Flush();
        }
        else if (!_timerArmed)
        {
            _timerArmed = true;
            _timer.Change(Pace - sinceFlush, Timeout.InfiniteTimeSpan);
        }
    }

    private void OnTimer()
    {
        lock (_gate)
        {
            _timerArmed = false;
            Flush();
        }
    }

    private void Flush()
    {
        _lastFlush = _time.GetTimestamp();
        if (_pending.Length == 0)
            return;
        var text = _pending.ToString();
        _pending.Clear();
        for (var start = 0; start < text.Length && !Truncated;)
        {
            var room = _limit - _sent;
            var length = Fitting(text.AsSpan(start), Math.Min(room, LogReport.MaxTextBytes), out var bytes);
            if (length > 0 && !_sink.Append(_pendingSource, text.Substring(start, length)))
            {
                Truncate("Output dropped: too much waits to be sent.\n");
                return;
            }

            start += length;
            _sent += bytes;
            if (start < text.Length && bytes < LogReport.MaxTextBytes - 4)
                Truncate($"Output limit of {_limit} bytes reached; the rest is not shown.\n");
        }
    }

    private void Truncate(string mark)
    {
        Truncated = true;
        _sink.Append(LogSource.Agent, mark);
    }

    /// <summary>How many characters fit into so many bytes of UTF-8, without cutting one in two.</summary>
    private static int Fitting(ReadOnlySpan<char> text, long room, out int bytes)
    {
        bytes = 0;
        var length = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            if (bytes + rune.Utf8SequenceLength > room)
                break;
            bytes += rune.Utf8SequenceLength;
            length += rune.Utf16SequenceLength;
        }

        return length;
    }

    private sealed class Channel(OutputRedactor redactor)
    {
        private readonly Decoder _decoder = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false).GetDecoder();
        private bool _begun;

        public string Decode(ReadOnlySpan<byte> bytes, bool final)
        {
            var buffer = new char[_decoder.GetCharCount(bytes, final)];
            var text = buffer.AsSpan(0, _decoder.GetChars(bytes, buffer, final));
            if (!_begun && text.Length > 0)
            {
                _begun = true;
                text = text[0] == '\ufeff' ? text[1..] : text;
            }

            // PostgreSQL cannot keep U+0000 in a text.
            text.Replace('\0', '\ufffd');
            var pushed = redactor.Push(text.ToString());
            return final ? pushed + redactor.Finish() : pushed;
        }
    }
}
