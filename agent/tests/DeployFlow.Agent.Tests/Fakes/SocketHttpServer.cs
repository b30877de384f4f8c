using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace DeployFlow.Agent.Tests.Fakes;

/// <summary>
/// HTTP/1.1 by hand on a socket: unlike a web server it can break a connection at any point, and it knows when the
/// client went away while a call was held.
/// </summary>
internal sealed class SocketHttpServer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentDictionary<Socket, bool> _open = new();
    private readonly Func<HttpCall, CancellationToken, Task<HttpReply?>> _answer;

    /// <param name="answer">Gives null to break the connection instead of answering. Its token ends when the client goes away.</param>
    public SocketHttpServer(Func<HttpCall, CancellationToken, Task<HttpReply?>> answer)
    {
        _answer = answer;
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _ = AcceptAsync();
    }

    public int Port { get; }

    /// <summary>Resets all connections in the middle of what they do.</summary>
    public void KillConnections()
    {
        foreach (var socket in _open.Keys)
            socket.Close(0);
    }

    public void Dispose()
    {
        _listener.Dispose();
        KillConnections();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                _ = ServeAsync(await _listener.AcceptSocketAsync());
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // Disposed.
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        _open[socket] = true;
        try
        {
            socket.NoDelay = true;
            await using var stream = new NetworkStream(socket);
            while (await ReadAsync(stream) is { } call && await AnswerAsync(socket, call) is { } reply)
            {
                var bytes = Bytes(reply);
                await stream.WriteAsync(bytes.AsMemory(0, bytes.Length - reply.Withheld));
                if (reply.Withheld > 0)
                    break;
            }
        }
        catch (Exception error) when (error is IOException or SocketException or ObjectDisposedException)
        {
            // The connection is gone; the agent has to cope.
        }
        finally
        {
            _open.TryRemove(socket, out _);
            socket.Close(0);
        }
    }

    private async Task<HttpReply?> AnswerAsync(Socket socket, HttpCall call)
    {
        using var gone = new CancellationTokenSource();
        var answer = _answer(call, gone.Token);
        // A client sends nothing while it waits, so what arrives is the end of its stream.
        using var watch = new CancellationTokenSource();
        var peek = socket.ReceiveAsync(new byte[1], SocketFlags.Peek, watch.Token).AsTask();
        if (await Task.WhenAny(answer, peek) == peek)
            await gone.CancelAsync();
        await watch.CancelAsync();
        return await answer;
    }

    private static async Task<HttpCall?> ReadAsync(NetworkStream stream)
    {
        var head = new StringBuilder();
        var one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            if (await stream.ReadAsync(one) == 0)
                return null;
            head.Append((char)one[0]);
        }

        var lines = head.ToString().Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        var first = lines[0].Split(' ');
        var headers = lines[1..].Select(line => line.Split(": ", 2)).ToDictionary(pair => pair[0], pair => pair[1], StringComparer.OrdinalIgnoreCase);
        byte[]? body = null;
        if (headers.TryGetValue("Content-Length", out var length))
        {
            body = new byte[int.Parse(length, CultureInfo.InvariantCulture)];
            await stream.ReadExactlyAsync(body);
        }

        return new HttpCall(first[0], first[1], headers, body);
    }

    private static byte[] Bytes(HttpReply reply)
    {
        var head = new StringBuilder($"HTTP/1.1 {reply.Status} Text\r\nContent-Type: application/json\r\n");
        foreach (var (name, value) in reply.Headers ?? new Dictionary<string, string>())
            head.Append($"{name}: {value}\r\n");
        if (reply.Status != 204)
            head.Append($"Content-Length: {reply.Body?.Length ?? 0}\r\n");
        return [.. Encoding.ASCII.GetBytes(head.Append("\r\n").ToString()), .. reply.Body ?? []];
    }
}

internal sealed record HttpCall(string Method, string Target, IReadOnlyDictionary<string, string> Headers, byte[]? Body)
{
    public string Path => Target.Split('?', 2)[0];

    public string Query => Target.Contains('?', StringComparison.Ordinal) ? "?" + Target.Split('?', 2)[1] : "";

    public string? Header(string name) => Headers.GetValueOrDefault(name);
}

/// <param name="Withheld">So many bytes at the end are never sent; the connection breaks instead.</param>
internal sealed record HttpReply(int Status, byte[]? Body, IReadOnlyDictionary<string, string>? Headers = null, int Withheld = 0);
