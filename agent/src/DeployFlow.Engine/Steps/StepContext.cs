using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using DeployFlow.Contracts.Boot;
using DeployFlow.Engine.Os;

namespace DeployFlow.Engine.Steps;

/// <summary>All that a step may use while it runs.</summary>
public sealed class StepContext(
    DeploymentSubject deployment, PlanTask task, DeploymentVariables variables, IStepLog log, IContentSource content, ISecretSource secrets)
{
    public DeploymentSubject Deployment { get; } = deployment;

    public PlanTask Task { get; } = task;

    public DeploymentVariables Variables { get; } = variables;

    public IStepLog Log { get; } = log;

    public IContentSource Content { get; } = content;

    /// <summary>Asks for a secret of this step; each can be asked for once in an attempt.</summary>
    /// <exception cref="StepFailedException">The server does not give it.</exception>
    public Task<string> SecretAsync(string name, CancellationToken cancellationToken) => secrets.TakeAsync(Task.Position, name, cancellationToken);

    /// <exception cref="StepFailedException">The plan says something that this agent does not understand.</exception>
    public T Configuration<T>(JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return Task.Configuration.Deserialize(type) ?? throw new JsonException("It is null.");
        }
        catch (JsonException error)
        {
            throw new StepFailedException(StepErrorCode.PlanInvalid, $"The plan's step {Task.Position} ({Task.Type}) is not understood: {error.Message}", error);
        }
    }
}

/// <summary>What a deployment is about.</summary>
/// <param name="At">The moment the plan was made; written where files keep a time.</param>
public sealed record DeploymentSubject(string DeploymentId, string ComputerName, DiskIds? DiskIds, PlanServer? Server, DateTimeOffset At)
{
    /// <summary>
    /// An earlier run of this plan did the steps before. Only then is its disk looked for: a device's disk keeps its ids
    /// from one deployment to the next, and one whose preparation was left out is not to be written to.
    /// </summary>
    public bool IsResumed { get; init; }

    /// <summary>The disk that was laid out, once it is known.</summary>
    public LaidOutDisk? Disk { get; set; }

    /// <summary>The Windows volume was just formatted and nothing was written to it.</summary>
    public bool WindowsIsFresh { get; set; }

    /// <summary>The disk of this run or an earlier one.</summary>
    /// <exception cref="StepFailedException">No disk was laid out.</exception>
    public async Task<LaidOutDisk> LaidOutAsync(IDisks disks, CancellationToken cancellationToken)
    {
        Disk ??= DiskIds is null || !IsResumed ? null : await disks.FindAsync(DiskIds, cancellationToken);
        return Disk ?? throw new StepFailedException(
            StepErrorCode.NoDisk, "No disk of this machine was laid out by this deployment; begin again at the step that prepares the disk.");
    }

    /// <inheritdoc cref="LaidOutAsync"/>
    public async Task<string> WindowsVolumeAsync(IDisks disks, CancellationToken cancellationToken) =>
        (await LaidOutAsync(disks, cancellationToken)).Windows
        ?? throw new StepFailedException(StepErrorCode.NoDisk, "The disk was laid out without a partition for Windows; add one to the step that prepares the disk.");
}

/// <summary>Files of the server that a plan names.</summary>
public interface IContentSource
{
    /// <summary>Copies a file while it is downloaded, taking up broken downloads where they ended, and checks its hash.</summary>
    /// <param name="arrived">Told how many bytes have been copied.</param>
    /// <exception cref="StepFailedException">The file cannot be had, or is not the one the plan names.</exception>
    /// <exception cref="ContentTargetException">The destination takes no more.</exception>
    Task CopyAsync(PlanContent content, Stream destination, Action<long> arrived, CancellationToken cancellationToken);
}

/// <summary>The destination of a download failed, not the download.</summary>
public sealed class ContentTargetException(IOException inner) : Exception(inner.Message, inner);

public interface ISecretSource
{
    /// <exception cref="StepFailedException">The server does not give it.</exception>
    Task<string> TakeAsync(int position, string name, CancellationToken cancellationToken);
}
