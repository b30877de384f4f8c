using System.Text;
using DeployFlow.Contracts.Boot;
using DeployFlow.Engine.Scripts;
using DeployFlow.Engine.Steps;

namespace DeployFlow.Engine.Os;

/// <summary>Runs the programs that do the work on disks and images, and passes on what they print while they run.</summary>
/// <param name="folder">Where they are started.</param>
public sealed class Tools(IProcessLauncher launcher, IProgramFiles programs, IChildEnvironment environment, string folder)
{
    private const int TailLines = 30;

    /// <summary>The program by its name on the search path, or by its absolute path.</summary>
    public bool Has(string program) => Find(program) is not null;

    /// <param name="line">Takes each line of output in the log's place; progress that returns to the line's start counts as lines.</param>
    /// <param name="feed">Writes the program's input; its stream is closed when it returns. Whether it failed is for itself to tell.</param>
    /// <exception cref="StepFailedException">The program is missing or cannot be started.</exception>
    public async Task<ToolEnd> RunAsync(
        string program, IReadOnlyList<string> arguments, IStepLog log, CancellationToken cancellationToken, Action<string>? line = null,
        Func<Stream, CancellationToken, Task>? feed = null)
    {
        using var process = Start(program, arguments, feed is not null);
        await using var kill = cancellationToken.Register(process.KillTree);
        var tail = new Tail();
        var reading = Task.WhenAll(
            ReadAsync(process.Output, text => Take(text, line ?? (output => log.Output(output + "\n")), tail)),
            ReadAsync(process.Errors, text => Take(text, errors => log.Errors(errors + "\n"), tail)));
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var feeding = feed is null ? Task.CompletedTask : FeedAsync(feed, process.Input!, ended.Token);
        var exitCode = await process.Exited;
        // Input that a successful program did not want to the end is the feeder's business; a failed one needs none.
        if (exitCode != 0)
            await ended.CancelAsync();
        await feeding;
        // A daemon that it left running may hold the pipe.
        await Task.WhenAny(reading, Task.Delay(TimeSpan.FromMilliseconds(500), TimeProvider.System, CancellationToken.None));
        cancellationToken.ThrowIfCancellationRequested();
        return new ToolEnd(exitCode, tail.Text);
    }

    private IRunningProcess Start(string program, IReadOnlyList<string> arguments, bool takesInput)
    {
        var path = Find(program) ?? throw new StepFailedException(
            StepErrorCode.UnsupportedTask, $"The program {program} is not in this boot environment; build the environment anew on the server.");
        try
        {
            return launcher.Start(new ProcessOrder(path, arguments, environment.Variables(), folder, $"tool-{Guid.NewGuid():n}", takesInput));
        }
        catch (ProcessStartException error)
        {
            throw new StepFailedException(StepErrorCode.UnsupportedTask, error.Message, error);
        }
    }

    private string? Find(string program) => Path.IsPathRooted(program) ? (File.Exists(program) ? program : null) : programs.Find(program);

    private static async Task FeedAsync(Func<Stream, CancellationToken, Task> feed, Stream input, CancellationToken cancellationToken)
    {
        try
        {
            await feed(input, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // The program ended; its exit code tells.
        }
        finally
        {
            await input.DisposeAsync();
        }
    }

    private static void Take(string text, Action<string> sink, Tail tail)
    {
        tail.Add(text);
        sink(text);
    }

    /// <summary>On a thread of its own: a read of a pipe blocks.</summary>
    private static Task ReadAsync(Stream stream, Action<string> line)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        new Thread(
            () =>
            {
                try
                {
                    // A line ends at CR, LF or both, as StreamReader has it.
                    using var reader = new StreamReader(stream, Encoding.UTF8, detectEncodingFromByteOrderMarks: true, leaveOpen: true);
                    while (reader.ReadLine() is { } text)
                    {
                        if (text.Trim().Length > 0)
                            line(text.TrimEnd());
                    }
                }
                catch (Exception error) when (error is IOException or ObjectDisposedException)
                {
                    // Windows reports the end of a pipe as an error.
                }

                done.SetResult();
            },
            maxStackSize: 256 * 1024)
        {
            IsBackground = true,
            Name = "tool output",
        }.Start();
        return done.Task;
    }

    private sealed class Tail
    {
        private readonly Queue<string> _lines = new();

        public string Text
        {
            get
            {
                lock (_lines)
                    return string.Join('\n', _lines);
            }
        }

        public void Add(string line)
        {
            lock (_lines)
            {
                _lines.Enqueue(line);
                if (_lines.Count > TailLines)
                    _lines.Dequeue();
            }
        }
    }
}

/// <param name="Tail">The last lines that it printed.</param>
public sealed record ToolEnd(int ExitCode, string Tail)
{
    /// <summary>The last line, for a sentence.</summary>
    public string LastLine => Tail.Split('\n')[^1].Trim();
}
