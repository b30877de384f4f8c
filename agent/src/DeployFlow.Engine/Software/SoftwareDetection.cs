using System.Text;
using DeployFlow.Contracts;
using DeployFlow.Engine.Os;
using DeployFlow.Engine.Scripts;

namespace DeployFlow.Engine.Software;

/// <summary>Asks a detection rule on this machine.</summary>
public sealed class SoftwareDetection(ISoftwareFacts facts, ScriptRunner scripts)
{
    private const long ScriptLimit = 16 * 1024;

    /// <param name="actionId">Marks the processes of a rule that is a script.</param>
    public async Task<Detected> AskAsync(DetectionRule rule, string actionId, Action<ProcessTrace> started, CancellationToken cancellationToken)
    {
        if (rule.Type == DetectionType.Script)
            return await ScriptAsync(rule, actionId, started, cancellationToken);
        var found = Find(rule);
        if (found.Problem is { } problem)
            return Detected.Unknown($"The detection rule cannot be asked here: {problem}.");
        if (!found.IsThere)
            return Detected.Missing;
        return VersionComparison.Holds(rule.Comparison, found.Version, rule.Version) switch
        {
            true => new Detected(SoftwareState.Installed, found.Version),
            false => new Detected(SoftwareState.Missing, found.Version),
            null => Detected.Unknown("The detection rule compares versions, and what it found has none."),
        };
    }

    private Finding Find(DetectionRule rule) => rule switch
    {
        { Type: DetectionType.File, Path: { } path } => OfFile(facts.Expand(path)),
        { Type: DetectionType.Registry, Key: { } key } => facts.Registry(key, rule.Value),
        { Type: DetectionType.Msi, ProductCode: { } code } => facts.Msi(code),
        { Type: DetectionType.Package, Name: { } name } => facts.Package(name),
        _ => Finding.Unknown($"this agent does not know the type '{rule.Type}'"),
    };

    private Finding OfFile(string path)
    {
        if (Directory.Exists(path))
            return new Finding(true);
        return File.Exists(path) ? new Finding(true, facts.FileVersion(path)) : Finding.Nothing;
    }

    private async Task<Detected> ScriptAsync(DetectionRule rule, string actionId, Action<ProcessTrace> started, CancellationToken cancellationToken)
    {
        var output = new FirstLine();
        var order = new ScriptOrder(actionId, rule.Language ?? "", rule.Body ?? "", new Dictionary<string, string>(), [], ScriptLimit);
        var end = await scripts.RunAsync(order, output, started, () => { }, cancellationToken);
        if (end.ExitCode is not { } code || end.Error?.Code is not (null or ErrorCode.NonZeroExit))
            return Detected.Unknown($"The detection script did not run: {end.Error?.Message}");
        return new Detected(code == 0 ? SoftwareState.Installed : SoftwareState.Missing, code == 0 ? output.Text : null);
    }

    /// <summary>What a script prints first is the version.</summary>
    private sealed class FirstLine : ILogSink
    {
        private readonly StringBuilder _text = new();

        public string? Text => _text.ToString().Split('\n')[0].Trim() is { Length: > 0 and <= 100 } line ? line : null;

        public bool Append(LogSource source, string text)
        {
            if (source == LogSource.Out && _text.Length < 1024)
                _text.Append(text);
            return true;
        }
    }
}

/// <param name="State">One of <see cref="SoftwareState"/>.</param>
/// <param name="Problem">Why it is unknown.</param>
public sealed record Detected(string State, string? Version = null, string? Problem = null)
{
    public static readonly Detected Missing = new(SoftwareState.Missing);

    public static Detected Unknown(string problem) => new(SoftwareState.Unknown, null, problem);
}
