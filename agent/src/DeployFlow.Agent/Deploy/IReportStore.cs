using DeployFlow.Contracts.Boot;

namespace DeployFlow.Agent.Deploy;

/// <summary>Reports of a deployment that the server has not acknowledged yet, in order.</summary>
public interface IReportStore
{
    /// <summary>Keeps a report under the next number; the one it brings does not count.</summary>
    void Append(DeploymentReport report);

    /// <summary>The next ones to send.</summary>
    IReadOnlyList<DeploymentReport> Next(int most, int mostBytes);

    /// <summary>Forgets those up to and with this number.</summary>
    void RemoveThrough(int seq);

    /// <summary>Number of the last report that was kept; -1 before the first.</summary>
    int LastSeq { get; }

    bool IsEmpty { get; }
}
