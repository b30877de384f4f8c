using System.Text;
using DeployFlow.Contracts.Boot;
using DeployFlow.Engine.Os;
using DeployFlow.Engine.Os.Offline;

namespace DeployFlow.Engine.Steps;

/// <summary>
/// Plants the agent as a service of the applied Windows, with a token for one enrollment, so that the machine comes
/// back as the device it is.
/// </summary>
public sealed class InstallAgent(IDisks disks, IOfflineWindows windows) : IDeploymentStep
{
    private const string Program = "deployflow-agent.exe";
    private const string TokenSecret = "enrollment_token";

    public string Type => TaskType.InstallAgent;

    public async Task<StepResult> RunAsync(StepContext context, CancellationToken cancellationToken)
    {
        var configuration = context.Configuration(BootJson.Default.InstallAgentConfiguration);
        var server = context.Deployment.Server ?? throw new StepFailedException(StepErrorCode.UnsupportedTask, "The agent is installed already.");
        var volume = await context.Deployment.WindowsVolumeAsync(disks, cancellationToken);
        await using var applied = await windows.OpenAsync(volume, context.Log, cancellationToken);
        var folder = await ContentFiles.UnpackAsync(context, applied, configuration.Content, WindowsFolders.AgentProgram, cancellationToken);
        if (!File.Exists(Path.Combine(folder, Program)))
            return StepResult.Failed(StepErrorCode.DownloadFailed, $"The agent's package has no {Program}; build the agent anew on the server.");

        var data = OfflinePath.In(applied.Root, WindowsFolders.AgentData);
        Directory.CreateDirectory(data);
        applied.Restrict(data);
        var isPlain = server.Url.StartsWith("http:", StringComparison.OrdinalIgnoreCase);
        await WriteAsync(FirstBootFile.Name, new FirstBootFile(server.Url, isPlain, server.CaPem is not null, context.Deployment.DeploymentId).Bytes());
        if (server.CaPem is { } certificates)
            await WriteAsync("ca.pem", Encoding.ASCII.GetBytes(certificates));
        OfflineRegistry.Change(applied.Root, WindowsFolders.SystemHive, context.Deployment.At, Register);
        // Last, so that a token that was taken is a token that was planted.
        await WriteAsync(FirstBootFile.Token, Encoding.ASCII.GetBytes(await context.SecretAsync(TokenSecret, cancellationToken)));
        context.Log.Engine($"Agent planted; it will enroll at {server.Url}.");
        return StepResult.Succeeded();

        async Task WriteAsync(string name, byte[] content)
        {
            var file = Path.Combine(data, name);
            await File.WriteAllBytesAsync(file, content, cancellationToken);
            applied.Restrict(file);
        }
    }

    /// <summary>The same service that <c>deployflow-agent service install</c> makes.</summary>
    private static void Register(Hive system)
    {
        const int ownProcess = 0x10;
        const int automatic = 2;
        const int logErrors = 1;
        var service = system.Root.Ensure(OfflineRegistry.InControlSet(system, @"CurrentControlSet\Services\DeployFlowAgent"));
        service.Set("Type", ownProcess);
        service.Set("Start", automatic);
        service.Set("ErrorControl", logErrors);
        service.Set("ImagePath", RegistryKind.ExpandText, RegistryData.Text($"\"%ProgramFiles%\\DeployFlow\\Agent\\{Program}\" run"));
        service.Set("DisplayName", "DeployFlow Fleet agent");
        service.Set("Description", "Carries out what the DeployFlow Fleet server asks of this machine.");
        service.Set("ObjectName", "LocalSystem");
        service.Set("FailureActions", RegistryKind.Binary, FailureActions());
        // Also after a death with an exit code instead of a crash.
        service.Set("FailureActionsOnNonCrashFailures", 1);
    }

    /// <summary>SERVICE_FAILURE_ACTIONS as it is kept: reset after a day; restarted after 2, 10 and 60 seconds.</summary>
    private static byte[] FailureActions()
    {
        const int restart = 1;
        int[] numbers = [86400, 0, 0, 3, 20, restart, 2000, restart, 10000, restart, 60000];
        return [.. numbers.SelectMany(BitConverter.GetBytes)];
    }
}
