using DeployFlow.Contracts.Boot;
using DeployFlow.Engine.Steps;

namespace DeployFlow.Engine.Os;

/// <summary>Writes an image onto a formatted volume.</summary>
public interface IImageApplier
{
    /// <param name="volume">As <see cref="LaidOutDisk.Volumes"/> calls it.</param>
    /// <exception cref="StepFailedException">The message is one sentence for a technician.</exception>
    Task ApplyAsync(ApplyImageConfiguration image, string volume, IContentSource content, IStepLog log, CancellationToken cancellationToken);
}

/// <summary>Makes a disk startable.</summary>
public interface IBootFiles
{
    /// <summary>Writes loader and boot store to the EFI system partition. Until then the firmware finds nothing to start on this disk.</summary>
    /// <param name="windows">Root folder of the applied Windows.</param>
    /// <exception cref="StepFailedException">The message is one sentence for a technician.</exception>
    Task WriteAsync(LaidOutDisk disk, string windows, string locale, DateTimeOffset at, IStepLog log, CancellationToken cancellationToken);
}

/// <summary>A Windows volume as folders and files.</summary>
public interface IOfflineWindows
{
    /// <param name="volume">As <see cref="LaidOutDisk.Volumes"/> calls it.</param>
    /// <exception cref="StepFailedException">The message is one sentence for a technician.</exception>
    Task<IOfflineVolume> OpenAsync(string volume, IStepLog log, CancellationToken cancellationToken);

    /// <summary>Adds unpacked drivers to the applied Windows.</summary>
    /// <param name="infs">Paths of the INF files below <paramref name="folder"/>.</param>
    /// <returns>How many of them were taken; each refusal is in the log.</returns>
    /// <exception cref="StepFailedException">The message is one sentence for a technician.</exception>
    Task<int> AddDriversAsync(IOfflineVolume windows, string folder, IReadOnlyList<string> infs, IStepLog log, CancellationToken cancellationToken);
}

/// <summary>Closed by disposing: then all is on the disk.</summary>
public interface IOfflineVolume : IAsyncDisposable
{
    string Root { get; }

    /// <summary>From now on only the system and administrators of the installed Windows may read this file, or this folder and what comes into it.</summary>
    void Restrict(string path);
}
