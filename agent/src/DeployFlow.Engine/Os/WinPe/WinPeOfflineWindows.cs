using DeployFlow.Contracts.Boot;
using DeployFlow.Engine.Steps;

namespace DeployFlow.Engine.Os.WinPe;

/// <summary>A Windows volume with a letter.</summary>
/// <param name="restrict">Leaves a file or folder to the system and administrators.</param>
public sealed class WinPeOfflineWindows(Tools tools, WinPePrograms programs, Action<string> restrict) : IOfflineWindows
{
    private const string Taken = "The driver package was successfully installed";

    public Task<IOfflineVolume> OpenAsync(string volume, IStepLog log, CancellationToken cancellationToken)
    {
        var root = DismImageApplier.Root(volume);
        return Directory.Exists(root)
            ? Task.FromResult<IOfflineVolume>(new Volume(root, restrict))
            : throw new StepFailedException(StepErrorCode.ApplyFailed, $"The Windows volume {volume} cannot be opened; begin again at the step that applies the image.");
    }

    /// <summary>Into Windows' own store, boot-critical ones too. DISM goes on after one that it does not take.</summary>
    public async Task<int> AddDriversAsync(IOfflineVolume windows, string folder, IReadOnlyList<string> infs, IStepLog log, CancellationToken cancellationToken)
    {
        var taken = 0;
        var end = await new Dism(tools, programs.Dism).RunAsync(
            [$"/Image:{windows.Root}", "/Add-Driver", $"/Driver:{folder}", "/Recurse"], log,
            line =>
            {
                // Installing 1 of 3 - W:\…\e1d.inf: The driver package was successfully installed.
                if (line.Contains(Taken, StringComparison.Ordinal))
                    taken++;
                else if (line.StartsWith("Installing ", StringComparison.Ordinal))
                    log.Errors(line + "\n");
            },
            cancellationToken);
        if (end.ExitCode != 0)
            log.Errors($"DISM: {end.Message} ({end.Error}); {taken} of {infs.Count} drivers were added.\n");
        return taken;
    }

    private sealed class Volume(string root, Action<string> restrict) : IOfflineVolume
    {
        public string Root => root;

        public void Restrict(string path) => restrict(path);

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
