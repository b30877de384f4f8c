using System.Security.Cryptography;
using System.Text;

namespace DeployFlow.Engine.Scripts;

/// <summary>The line which a wrapper prints first. It is taken out of the output; without it the wrapper did not run.</summary>
public sealed class MarkerLine
{
    private readonly byte[] _wanted;
    private readonly List<byte> _begin = [];
    private bool _decided;

    public MarkerLine()
    {
        Text = $"deployflow-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8))}";
        _wanted = Encoding.ASCII.GetBytes(Text);
    }

    public string Text { get; }

    public bool Seen { get; private set; }

    /// <summary>Gives the output without the marker. Holds back until the first line is whole.</summary>
    public ReadOnlySpan<byte> Strip(ReadOnlySpan<byte> bytes)
    {
        if (_decided)
            return bytes;
        _begin.AddRange(bytes);
        var end = _begin.IndexOf((byte)'\n');
        if (end < 0 && _begin.Count <= _wanted.Length + 4)
            return [];
        _decided = true;
        Seen = end >= 0 && _begin[..end].ToArray().AsSpan().IndexOf(_wanted) >= 0;
        return Seen ? _begin[(end + 1)..].ToArray() : _begin.ToArray();
    }

    /// <summary>What is still held back when the output ends.</summary>
    public ReadOnlySpan<byte> Rest() => _decided ? [] : _begin.ToArray();
}
