using DeployFlow.Contracts.Boot;
using DeployFlow.Engine.Steps;

namespace DeployFlow.Engine.Os;

/// <summary>The disks of a machine in a boot environment.</summary>
public interface IDisks
{
    IReadOnlyList<BootDisk> All();

    /// <summary>What a disk holds, seen without changing anything on it.</summary>
    DiskUse Look(DiskLayout layout);

    /// <summary>Partitions and formats a disk; all that was on it is lost.</summary>
    /// <exception cref="StepFailedException">It was not possible.</exception>
    Task<LaidOutDisk> LayOutAsync(DiskLayout layout, IStepLog log, CancellationToken cancellationToken);

    /// <summary>Formats all partitions of a disk that was laid out before, but that with data and that with the recovery.</summary>
    /// <exception cref="StepFailedException">It was not possible.</exception>
    Task<LaidOutDisk> RefreshAsync(DiskLayout layout, IStepLog log, CancellationToken cancellationToken);

    /// <summary>Formats the Windows volume alone: what an attempt left half done is not built on.</summary>
    /// <exception cref="StepFailedException">It was not possible.</exception>
    Task FormatWindowsAsync(LaidOutDisk disk, IStepLog log, CancellationToken cancellationToken);

    /// <summary>Finds the disk that an earlier run of this plan laid out; null where there is none.</summary>
    Task<LaidOutDisk?> FindAsync(DiskIds ids, CancellationToken cancellationToken);
}

public enum DiskUse
{
    /// <summary>Nothing that could be lost.</summary>
    Empty,

    /// <summary>The partitions of this layout, made by a deployment of this machine.</summary>
    LaidOut,

    /// <summary>Something of which we know nothing.</summary>
    Other,
}

/// <param name="Volumes">What the boot environment calls each partition, by role: <c>/dev/vda3</c>, or <c>W:</c>.</param>
public sealed record LaidOutDisk(string Name, DiskIds Ids, IReadOnlyDictionary<string, string> Volumes)
{
    public string? Windows => Volumes.GetValueOrDefault(PartitionRole.Windows);
}

/// <summary>Takes what a step has to say while it runs.</summary>
public interface IStepLog
{
    void Engine(string text);

    void Output(string text);

    void Errors(string text);

    /// <param name="done">Of <paramref name="total"/>, in bytes or in whatever the step counts.</param>
    void Progress(long done, long total, string? text = null);

    /// <summary>Where only a share is known.</summary>
    void Percent(double percent, string? text = null);
}
