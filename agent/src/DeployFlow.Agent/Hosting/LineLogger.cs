using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;

namespace DeployFlow.Agent.Hosting;

/// <summary>One line for each message: a static text, then its values as <c>key=value</c>.</summary>
public sealed class LineLoggerProvider(ILogOutput output, TimeProvider time) : ILoggerProvider
{
    public ILogger CreateLogger(string categoryName) => new LineLogger(categoryName[(categoryName.LastIndexOf('.') + 1)..], output, time);

    public void Dispose() => (output as IDisposable)?.Dispose();

    private sealed class LineLogger(string category, ILogOutput output, TimeProvider time) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (!IsEnabled(logLevel))
                return;
            var line = new StringBuilder()
                .Append(time.GetUtcNow().UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture))
                .Append(' ').Append(Name(logLevel))
                .Append(' ').Append(category).Append(": ")
                .Append(formatter(state, exception));
            if (state is IReadOnlyList<KeyValuePair<string, object?>> values)
            {
                foreach (var (key, value) in values)
                {
                    if (key != "{OriginalFormat}" && value is not null)
                        line.Append(' ').Append(key).Append('=').Append(Quoted(Convert.ToString(value, CultureInfo.InvariantCulture) ?? ""));
                }
            }

            if (exception is not null)
                line.Append(" error=").Append(Quoted($"{exception.GetType().Name}: {exception.Message}"));
            output.Write(line.Append('\n').ToString());
        }

        private static string Quoted(string value) =>
            value.AsSpan().IndexOfAny(" \"\r\n") < 0
                ? value
                : $"\"{value.Replace("\"", "'", StringComparison.Ordinal).ReplaceLineEndings(" ")}\"";

        private static string Name(LogLevel level) => level switch
        {
            LogLevel.Information => "info",
            LogLevel.Warning => "warning",
            LogLevel.Error => "error",
            LogLevel.Critical => "critical",
            _ => "debug",
        };
    }
}

public interface ILogOutput
{
    void Write(string line);
}

/// <summary>Standard error: the terminal, or systemd's journal.</summary>
public sealed class ErrorStreamOutput : ILogOutput
{
    public void Write(string line)
    {
        try
        {
            Console.Error.Write(line);
        }
        catch (IOException)
        {
            // Whoever read it went away.
        }
    }
}

/// <summary>A file which is renamed to <c>.1</c> at 1 MB: a Windows service has no standard error.</summary>
public sealed class FileOutput(string path) : ILogOutput
{
    private const long MaxBytes = 1024 * 1024;

    private readonly Lock _gate = new();

    public void Write(string line)
    {
        lock (_gate)
        {
            try
            {
                if (File.Exists(path) && new FileInfo(path).Length > MaxBytes)
                    File.Move(path, path + ".1", overwrite: true);
                File.AppendAllText(path, line);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // A full disk must not end the agent.
            }
        }
    }
}
