using System.Globalization;
using System.Text;
using DeployFlow.Contracts.Boot;
using DeployFlow.Engine.Os;
using DeployFlow.Engine.Os.Offline;

namespace DeployFlow.Engine.Steps;

/// <summary>Writes the answer file, files, registry values and first-boot commands into the applied image.</summary>
public sealed class InjectConfiguration(IDisks disks, IOfflineWindows windows) : IDeploymentStep
{
    public string Type => TaskType.InjectConfiguration;

    public async Task<StepResult> RunAsync(StepContext context, CancellationToken cancellationToken)
    {
        var configuration = context.Configuration(BootJson.Default.InjectConfigurationConfiguration);
        var volume = await context.Deployment.WindowsVolumeAsync(disks, cancellationToken);
        await using var applied = await windows.OpenAsync(volume, context.Log, cancellationToken);
        if (configuration.Unattend is { } unattend)
            await AnswerAsync(context, applied, unattend, cancellationToken);
        foreach (var file in configuration.Files)
            await WriteAsync(context, applied, file, cancellationToken);
        OfflineRegistry.Apply(applied.Root, configuration.Registry, context.Deployment.At, context.Log);
        FirstBootScripts.AddCommands(applied.Root, context.Task.Position, configuration.FirstBoot);
        return StepResult.Succeeded();
    }

    private static async Task AnswerAsync(StepContext context, IOfflineVolume windows, UnattendModel model, CancellationToken cancellationToken)
    {
        var secrets = new Dictionary<string, string>(StringComparer.Ordinal);
        var wanted = new[] { model.Administrator, model.DomainJoin }.Concat((model.Accounts ?? []).Select(account => account.Password));
        foreach (var reference in wanted.OfType<SecretReference>())
        {
            if (!secrets.ContainsKey(reference.Secret))
                secrets[reference.Secret] = await context.SecretAsync(reference.Secret, cancellationToken);
        }

        string text;
        try
        {
            text = UnattendFile.Write(model, secrets);
        }
        catch (FormatException error)
        {
            throw new StepFailedException(StepErrorCode.UnattendInvalid, error.Message, error);
        }

        var file = OfflinePath.ForWriting(windows.Root, UnattendFile.Path);
        await File.WriteAllTextAsync(file, text, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), cancellationToken);
        windows.Restrict(file);
        context.Log.Engine($"Answer file written for {model.ComputerName}.");
    }

    private static async Task WriteAsync(StepContext context, IOfflineVolume windows, PlanFile file, CancellationToken cancellationToken)
    {
        string target;
        try
        {
            target = OfflinePath.ForWriting(windows.Root, file.Path);
        }
        catch (ArgumentException error)
        {
            throw new StepFailedException(StepErrorCode.PlanInvalid, error.Message, error);
        }

        if (file.Content is { } content)
            await ContentFiles.DownloadAsync(context, content, target, cancellationToken);
        else
            await File.WriteAllTextAsync(target, file.Text ?? "", new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), cancellationToken);
        context.Log.Engine($"Wrote {file.Path}");
    }
}

/// <summary>Registry values of a plan, written into the hives of an applied image.</summary>
internal static class OfflineRegistry
{
    private const string CurrentControlSet = "CurrentControlSet";

    /// <exception cref="StepFailedException">A hive or a value is not usable.</exception>
    public static void Apply(string root, IReadOnlyList<RegistryOrder> orders, DateTimeOffset at, IStepLog log)
    {
        foreach (var group in orders.GroupBy(order => order.Hive))
        {
            Change(root, HiveFile(group.Key), at, hive =>
            {
                foreach (var order in group)
                {
                    var (kind, data) = Data(order);
                    hive.Root.Ensure(InControlSet(hive, order.Key)).Set(order.Name, kind, data);
                }
            });
            log.Engine($"{group.Count()} registry values written into {group.Key}.");
        }
    }

    /// <summary>Changes a hive file as a whole: the new one takes the old one's place in one step.</summary>
    public static void Change(string root, string hiveFile, DateTimeOffset at, Action<Hive> change)
    {
        var file = OfflinePath.In(root, hiveFile);
        try
        {
            var hive = Hive.Open(File.ReadAllBytes(file), at);
            change(hive);
            // Into the same file: it keeps its access rights.
            File.WriteAllBytes(file, hive.Save());
        }
        catch (Exception error) when (error is HiveException or FileNotFoundException or DirectoryNotFoundException)
        {
            throw new StepFailedException(StepErrorCode.RegistryFailed, $"{hiveFile}: {error.Message}", error);
        }
    }

    /// <summary>The control set that Windows will start with stands in for the link that exists only while it runs.</summary>
    public static string InControlSet(Hive system, string key)
    {
        if (!key.StartsWith(CurrentControlSet, StringComparison.OrdinalIgnoreCase))
            return key;
        var number = system.Root.Find("Select")?.Value("Current") is { Data.Length: 4 } current ? BitConverter.ToInt32(current.Data) : 1;
        return $"ControlSet{number:000}{key[CurrentControlSet.Length..]}";
    }

    private static string HiveFile(string hive) => hive switch
    {
        "software" => WindowsFolders.SoftwareHive,
        "system" => WindowsFolders.SystemHive,
        "default_user" => WindowsFolders.DefaultUserHive,
        _ => throw new StepFailedException(StepErrorCode.PlanInvalid, $"'{hive}' is no registry hive of a plan."),
    };

    private static (RegistryKind Kind, byte[] Data) Data(RegistryOrder order)
    {
        try
        {
            return order.Kind switch
            {
                "sz" => (RegistryKind.Text, RegistryData.Text(order.Value)),
                "expand_sz" => (RegistryKind.ExpandText, RegistryData.Text(order.Value)),
                "multi_sz" => (RegistryKind.MultiText, RegistryData.MultiText(order.Value.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.TrimEnd('\r')))),
                "dword" => (RegistryKind.Dword, RegistryData.Dword(uint.Parse(order.Value, CultureInfo.InvariantCulture))),
                "qword" => (RegistryKind.Qword, RegistryData.Qword(ulong.Parse(order.Value, CultureInfo.InvariantCulture))),
                "binary" => (RegistryKind.Binary, Convert.FromHexString(order.Value)),
                _ => throw new FormatException($"'{order.Kind}' is no kind of a registry value."),
            };
        }
        catch (Exception error) when (error is FormatException or OverflowException)
        {
            throw new StepFailedException(StepErrorCode.PlanInvalid, $"The registry value {order.Key}\\{order.Name} is not usable: {error.Message}", error);
        }
    }
}
