using System.Buffers;
using System.Net;
using System.Security.Cryptography;
using DeployFlow.Agent.Http;
using DeployFlow.Contracts;
using DeployFlow.Engine.Os;

namespace DeployFlow.Agent.Software;

/// <summary>
/// Brings an installer to this machine. Each piece is checked when it is whole; a broken download, and one whose agent
/// was killed, goes on behind the last good piece.
/// </summary>
/// <param name="fetch">Begins to fetch a file from a byte on.</param>
/// <param name="freeBytes">Of the disk that a folder lies on.</param>
public sealed class InstallerDownload(
    DataDirectory data, Func<string, long, CancellationToken, Task<ServerAnswer<HttpResponseMessage>>> fetch, Func<string, long> freeBytes, Backoff backoff,
    TimeProvider time)
{
    private const int BufferSize = 256 * 1024;
    private const int TriesOfAPiece = 3;
    private const long MostReserve = 2L << 30;
    private const long LeastReserve = 64L << 20;

    /// <summary>A connection that brings nothing for so long is given up.</summary>
    private static readonly TimeSpan Stall = TimeSpan.FromSeconds(60);

    /// <summary>Where the file is, or will be.</summary>
    public string FileOf(SoftwareInstaller installer) => Path.Combine(FolderOf(installer), SafeName(installer.FileName));

    /// <summary>It is here in full: only a checked file has its name.</summary>
    public bool IsHere(SoftwareInstaller installer) => File.Exists(FileOf(installer));

    public void Remove(SoftwareInstaller installer)
    {
        try
        {
            Directory.Delete(FolderOf(installer), recursive: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Held open by what the installer left running, or not there: the next start of the agent tries again.
        }
    }

    /// <summary>Removes what no action is at work with.</summary>
    public void RemoveLeftovers()
    {
        if (!Directory.Exists(data.Installers))
            return;
        try
        {
            Directory.Delete(data.Installers, recursive: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // The same.
        }
    }

    /// <param name="path">Of the file on the server.</param>
    /// <param name="arrived">Told of each good piece: how many bytes there are.</param>
    /// <returns>Null where the file is here and good.</returns>
    public async Task<ActionError?> BringAsync(SoftwareInstaller installer, string path, Action<long> arrived, CancellationToken cancellationToken)
    {
        if (IsHere(installer))
            return null;
        if (!AddsUp(installer))
            return new ActionError(ErrorCode.InvalidPayload, "The order's pieces do not add up to the installer's size.");
        var folder = FolderOf(installer);
        var part = Path.Combine(folder, "part");
        try
        {
            data.Files.EnsureDirectory(data.Installers);
            data.Files.EnsureDirectory(folder);
            await using var file = new FileStream(part, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.Asynchronous);
            var good = await GoodBytesAsync(file, installer, cancellationToken);
            if (NoRoom(installer, good, folder) is { } full)
                return full;
            if (await FillAsync(file, good, installer, path, arrived, cancellationToken) is { } problem)
                return problem;
            if (await HashAsync(file, cancellationToken) != installer.Sha256)
            {
                file.SetLength(0);
                return new ActionError(ErrorCode.HashMismatch, "What was downloaded is not what was announced (its SHA-256 differs); check the file on the server and what lies between.");
            }

            file.Flush(flushToDisk: true);
        }
        catch (IOException error)
        {
            Remove(installer);
            return new ActionError(ErrorCode.DiskFull, $"The installer cannot be written to this machine's disk: {error.Message}");
        }

        File.Move(part, FileOf(installer));
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(FileOf(installer), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return null;
    }

    private async Task<ActionError?> FillAsync(
        FileStream file, long good, SoftwareInstaller installer, string path, Action<long> arrived, CancellationToken cancellationToken)
    {
        var (bad, badAt) = (0, -1L);
        while (good < installer.SizeBytes)
        {
            var answer = await fetch(path, good, cancellationToken);
            if (answer.Value is not { } response)
            {
                if (IsFinal(answer.Problem!))
                    return new ActionError(ErrorCode.DownloadFailed, $"The server does not give the installer: {answer.Problem!.Message} ({answer.Problem.Code})");
                await Task.Delay(backoff.Next(answer.Problem!.RetryAfter), time, cancellationToken);
                continue;
            }

            using (response)
            {
                if (response.Headers.ETag is { IsWeak: false } version && version.Tag != $"\"{installer.Sha256}\"")
                    return new ActionError(ErrorCode.HashMismatch, "The server has another file under this address now; order the installation again.");
                // A server that knows no ranges begins anew.
                if (response.StatusCode != HttpStatusCode.PartialContent)
                    good = 0;
                var before = good;
                (good, var broken) = await ReceiveAsync(file, good, installer, response, arrived, cancellationToken);
                if (good > before)
                    backoff.Reset();
                if (broken is Broken.Piece)
                {
                    bad = badAt == good ? bad + 1 : 1;
                    badAt = good;
                    if (bad == TriesOfAPiece)
                        return new ActionError(ErrorCode.HashMismatch, $"A piece of the installer came damaged {TriesOfAPiece} times (at byte {good}); check the file on the server and what lies between.");
                }
                else if (broken is Broken.Connection)
                {
                    await Task.Delay(backoff.Next(null), time, cancellationToken);
                }
            }
        }

        return null;
    }

    private async Task<(long Good, Broken Broken)> ReceiveAsync(
        FileStream file, long good, SoftwareInstaller installer, HttpResponseMessage response, Action<long> arrived, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var stall = new CancellationTokenSource(Stall, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stall.Token, cancellationToken);
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        file.Position = good;
        try
        {
            await using var stream = await response.Content.ReadAsStreamAsync(either.Token);
            while (good < installer.SizeBytes)
            {
                var left = Math.Min(installer.ChunkBytes, installer.SizeBytes - good) - (file.Position - good);
                stall.CancelAfter(Stall);
                int count;
                try
                {
                    count = await stream.ReadAsync(buffer.AsMemory(0, (int)Math.Min(BufferSize, left)), either.Token);
                }
                catch (Exception error) when (SignedCalls.Unreachable(error, cancellationToken) is not null)
                {
                    return (good, Broken.Connection);
                }

                if (count == 0)
                    return (good, Broken.Connection);
                await file.WriteAsync(buffer.AsMemory(0, count), cancellationToken);
                hash.AppendData(buffer, 0, count);
                if (count < left)
                    continue;
                if (Convert.ToHexStringLower(hash.GetHashAndReset()) != installer.Chunks[(int)(good / installer.ChunkBytes)])
                    return (good, Broken.Piece);
                good = file.Position;
                arrived(good);
            }

            return (good, Broken.Nothing);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>How far the file is good, piece by piece; the rest is cut off.</summary>
    private static async Task<long> GoodBytesAsync(FileStream file, SoftwareInstaller installer, CancellationToken cancellationToken)
    {
        var good = 0L;
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            foreach (var wanted in installer.Chunks)
            {
                var length = Math.Min(installer.ChunkBytes, installer.SizeBytes - good);
                if (file.Length < good + length)
                    break;
                using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
                for (var left = length; left > 0;)
                {
                    var count = await file.ReadAsync(buffer.AsMemory(0, (int)Math.Min(BufferSize, left)), cancellationToken);
                    hash.AppendData(buffer, 0, count);
                    left -= count;
                }

                if (Convert.ToHexStringLower(hash.GetHashAndReset()) != wanted)
                    break;
                good += length;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        file.SetLength(good);
        return good;
    }

    private static async Task<string> HashAsync(FileStream file, CancellationToken cancellationToken)
    {
        file.Position = 0;
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(file, cancellationToken));
    }

    /// <summary>Room for the file, a tenth more, and what its installation unpacks to.</summary>
    private ActionError? NoRoom(SoftwareInstaller installer, long good, string folder)
    {
        var needed = (long)((installer.SizeBytes - good) * 1.1) + Math.Clamp(installer.SizeBytes * 4, LeastReserve, MostReserve);
        var free = freeBytes(folder);
        if (free >= needed)
            return null;
        Remove(installer);
        return new ActionError(ErrorCode.DiskFull, $"The installer needs {needed >> 20} MiB of free space and this machine has {free >> 20} MiB; make room, then order it again.");
    }

    private string FolderOf(SoftwareInstaller installer) => Path.Combine(data.Installers, SafeName(installer.Sha256));

    /// <summary>The server made the name plain; a name that is not is made so here.</summary>
    private static string SafeName(string name)
    {
        var plain = string.Concat(name.Where(character => char.IsAsciiLetterOrDigit(character) || character is '.' or '-' or '_' or '+')).TrimStart('.', '-');
        return plain.Length > 0 ? plain : "installer";
    }

    private static bool AddsUp(SoftwareInstaller installer) =>
        installer is { SizeBytes: > 0, ChunkBytes: > 0 }
        && installer.Chunks.Count == (installer.SizeBytes + installer.ChunkBytes - 1) / installer.ChunkBytes;

    private static bool IsFinal(ServerProblem problem) => problem.Status is 400 or 401 or 403 or 404 or 410 or 416 or 422;

    private enum Broken
    {
        Nothing,
        Connection,
        Piece,
    }
}
