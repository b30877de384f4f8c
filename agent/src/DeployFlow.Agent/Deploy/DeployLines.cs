using System.Globalization;

namespace DeployFlow.Agent.Deploy;

/// <summary>A line for all that happens, with its time since the start: for a file, and for a terminal that shows lines.</summary>
public sealed class DeployLines(string? file, TimeProvider time) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly long _begun = time.GetTimestamp();
    private readonly StreamWriter? _file = file is null ? null : new StreamWriter(new FileStream(file, FileMode.Append, FileAccess.Write, FileShare.ReadWrite)) { AutoFlush = true };

    /// <summary>Also shows them on standard output.</summary>
    public bool Shown { get; set; }

    public void Write(string sentence)
    {
        var line = $"[{time.GetElapsedTime(_begun).TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture),7}] {sentence}";
        lock (_gate)
        {
            try
            {
                _file?.WriteLine(line);
                if (Shown)
                    Console.WriteLine(line);
            }
            catch (IOException)
            {
                // A terminal that went away, or a full memory: the deployment goes on.
            }
        }
    }

    public void Dispose() => _file?.Dispose();
}
