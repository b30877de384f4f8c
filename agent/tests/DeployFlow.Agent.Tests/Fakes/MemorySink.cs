using DeployFlow.Contracts;
using DeployFlow.Engine.Scripts;

namespace DeployFlow.Agent.Tests.Fakes;

internal sealed class MemorySink : ILogSink
{
    public List<(LogSource Source, string Text)> Chunks { get; } = [];

    public string Text(LogSource source = LogSource.Out) => string.Concat(Chunks.Where(chunk => chunk.Source == source).Select(chunk => chunk.Text));

    public bool Append(LogSource source, string text)
    {
        Chunks.Add((source, text));
        return true;
    }
}
