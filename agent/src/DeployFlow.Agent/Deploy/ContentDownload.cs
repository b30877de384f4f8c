using System.Buffers;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using DeployFlow.Agent.Http;
using DeployFlow.Contracts.Boot;
using DeployFlow.Engine.Steps;

namespace DeployFlow.Agent.Deploy;

/// <summary>
/// Downloads a file of the content store into a stream that may be a pipe: what was passed on cannot be taken back, so a
/// broken download goes on where it ended, for as long as the step may take.
/// </summary>
/// <param name="trouble">Told why the download stands still; null when it goes on.</param>
public sealed class ContentDownload(SignedCalls calls, Backoff backoff, Action<ServerProblem?> trouble, TimeProvider time) : IContentSource
{
    private const int BufferSize = 256 * 1024;

    /// <summary>A connection that brings nothing for so long is given up.</summary>
    private static readonly TimeSpan Stall = TimeSpan.FromSeconds(30);

    public async Task CopyAsync(PlanContent content, Stream destination, Action<long> arrived, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            var done = 0L;
            EntityTagHeaderValue? version = null;
            while (done < content.SizeBytes)
            {
                var answer = await calls.FetchAsync(content.Path.TrimStart('/'), done, version, cancellationToken);
                if (answer.Value is not { } response)
                {
                    await WaitOrGiveUpAsync(content, answer.Problem!, cancellationToken);
                    continue;
                }

                using (response)
                {
                    version ??= response.Headers.ETag;
                    var before = done;
                    var copied = await CopyAsync(response, done, content, destination, hash, buffer, arrived, cancellationToken);
                    done = copied.Done;
                    if (copied.Problem is not { } problem)
                        continue;
                    if (done > before)
                        backoff.Reset();
                    await WaitOrGiveUpAsync(content, problem, cancellationToken);
                }
            }

            backoff.Reset();
            trouble(null);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        if (!Convert.ToHexStringLower(hash.GetHashAndReset()).Equals(content.Sha256, StringComparison.OrdinalIgnoreCase))
        {
            throw new StepFailedException(
                StepErrorCode.HashMismatch, "What was downloaded is not what the plan names (its SHA-256 differs); check the file on the server and what lies between.");
        }
    }

    /// <returns>How many bytes there are now, and what stopped the download, if anything did.</returns>
    private async Task<(long Done, ServerProblem? Problem)> CopyAsync(
        HttpResponseMessage response, long done, PlanContent content, Stream destination, IncrementalHash hash, byte[] buffer, Action<long> arrived,
        CancellationToken cancellationToken)
    {
        // A server that answers with the whole file begins with what was passed on already.
        var skip = response.StatusCode == HttpStatusCode.PartialContent ? 0 : done;
        using var stall = new CancellationTokenSource(Stall, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stall.Token, cancellationToken);
        try
        {
            await using var stream = await response.Content.ReadAsStreamAsync(either.Token);
            while (true)
            {
                stall.CancelAfter(Stall);
                var count = await stream.ReadAsync(buffer.AsMemory(0, BufferSize), either.Token);
                if (count == 0)
                    return (done, done < content.SizeBytes ? new ServerProblem(0, ServerProblem.Unreachable, "The connection ended too early.") : null);
                trouble(null);
                var skipped = (int)Math.Min(skip, count);
                skip -= skipped;
                var piece = buffer.AsMemory(skipped, count - skipped);
                if (done + piece.Length > content.SizeBytes)
                    throw new StepFailedException(StepErrorCode.HashMismatch, "The server sends more than the plan names; check the file on the server.");
                // What waits is the destination, not the connection.
                stall.CancelAfter(Timeout.InfiniteTimeSpan);
                await PassOnAsync(destination, piece, cancellationToken);
                hash.AppendData(piece.Span);
                done += piece.Length;
                arrived(done);
            }
        }
        catch (Exception error) when (error is not (StepFailedException or ContentTargetException) && SignedCalls.Unreachable(error, cancellationToken) is { } problem)
        {
            return (done, problem);
        }
    }

    private static async Task PassOnAsync(Stream destination, ReadOnlyMemory<byte> piece, CancellationToken cancellationToken)
    {
        try
        {
            await destination.WriteAsync(piece, cancellationToken);
        }
        catch (IOException error)
        {
            throw new ContentTargetException(error);
        }
    }

    private async Task WaitOrGiveUpAsync(PlanContent content, ServerProblem problem, CancellationToken cancellationToken)
    {
        if (problem.Status is 400 or 401 or 403 or 404 or 410 or 416 or 422)
            throw new StepFailedException(StepErrorCode.DownloadFailed, $"The server does not give {content.Path}: {problem.Message} ({problem.Code})");
        trouble(problem);
        await Task.Delay(backoff.Next(problem.RetryAfter), time, cancellationToken);
    }
}
