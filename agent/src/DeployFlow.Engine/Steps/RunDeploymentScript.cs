using DeployFlow.Contracts;
using DeployFlow.Contracts.Boot;
using DeployFlow.Engine.Os;
using DeployFlow.Engine.Os.Offline;
using DeployFlow.Engine.Scripts;

namespace DeployFlow.Engine.Steps;

/// <summary>Runs a script here and now, or leaves it for the first start of the applied Windows.</summary>
/// <param name="here">boot or os: where this is.</param>
/// <param name="started">Told where the script's process is found after a death of this one.</param>
/// <param name="windows">Null in the installed system.</param>
public sealed class RunDeploymentScript(
    string here, ScriptRunner runner, Action<ProcessTrace> started, IDisks? disks = null, IOfflineWindows? windows = null) : IDeploymentStep
{
    private const string FirstBoot = "first_boot";
    private const string ParameterPrefix = "parameter:";
    private const long LogLimit = 1 << 20;

    public string Type => TaskType.Script;

    public async Task<StepResult> RunAsync(StepContext context, CancellationToken cancellationToken)
    {
        var configuration = context.Configuration(BootJson.Default.ScriptConfiguration);
        if (configuration.Where == FirstBoot && windows is not null && disks is not null)
            return await LeaveAsync(context, configuration, disks, windows, cancellationToken);
        if (configuration.Where != here)
            return StepResult.Failed(StepErrorCode.UnsupportedTask, $"A script for '{configuration.Where}' cannot run in '{here}'.");

        var parameters = new Dictionary<string, string>(configuration.Parameters ?? new Dictionary<string, string>(), StringComparer.Ordinal);
        var secretNames = new List<string>();
        foreach (var secret in configuration.Secrets ?? [])
        {
            var name = secret.StartsWith(ParameterPrefix, StringComparison.Ordinal) ? secret[ParameterPrefix.Length..] : secret;
            parameters[name] = await context.SecretAsync(secret, cancellationToken);
            secretNames.Add(name);
        }

        var payload = new RunScriptPayload(configuration.Language, configuration.Body, configuration.Sha256, parameters, secretNames);
        var (order, refusal) = ScriptOrder.Of(context.Deployment.DeploymentId, payload, LogLimit);
        if (order is null)
            return StepResult.Failed(refusal!.Error!.Code == ErrorCode.HashMismatch ? StepErrorCode.HashMismatch : StepErrorCode.PlanInvalid, refusal.Error.Message);
        var variables = new Dictionary<string, string>(order.Variables, StringComparer.Ordinal);
        foreach (var (name, value) in context.Variables.All)
            variables.TryAdd(VariableName(name), value);
        var end = await runner.RunAsync(order with { Variables = variables }, new Sink(context.Log), started, () => { }, cancellationToken);
        return Judge(end, configuration);
    }

    private StepResult Judge(ActionResult end, ScriptConfiguration configuration)
    {
        if (end.ExitCode is { } code && end.Error?.Code is null or ErrorCode.NonZeroExit)
        {
            if (configuration.RebootCodes?.Contains(code) == true)
                return StepResult.Reboot(here == DeploymentPhase.Boot ? "environment" : "os");
            if ((configuration.SuccessCodes ?? [0]).Contains(code))
                return StepResult.Succeeded();
            return StepResult.Failed(StepErrorCode.ScriptFailed, $"The script ended with exit code {code}.");
        }

        return StepResult.Failed(StepErrorCode.ScriptFailed, end.Error?.Message ?? "The script did not end well.");
    }

    private static async Task<StepResult> LeaveAsync(
        StepContext context, ScriptConfiguration configuration, IDisks disks, IOfflineWindows windows, CancellationToken cancellationToken)
    {
        if (configuration.Language is not (ScriptLanguage.Cmd or ScriptLanguage.Powershell))
            return StepResult.Failed(StepErrorCode.UnsupportedTask, $"Windows has nothing to run {configuration.Language} with at its first start; use cmd or PowerShell.");
        if (configuration.Secrets is { Count: > 0 })
            return StepResult.Failed(StepErrorCode.SecretUnavailable, "A script for the first start would have its secrets on the disk; run it in the installed system instead.");
        var volume = await context.Deployment.WindowsVolumeAsync(disks, cancellationToken);
        await using var applied = await windows.OpenAsync(volume, context.Log, cancellationToken);
        FirstBootScripts.AddScript(applied.Root, context.Task.Position, configuration.Language, configuration.Body, configuration.Parameters ?? new Dictionary<string, string>());
        context.Log.Engine("Left for the first start of Windows.");
        return StepResult.Succeeded();
    }

    private static string VariableName(string name) =>
        "DF_VAR_" + string.Concat(name.ToUpperInvariant().Select(character => char.IsAsciiLetterOrDigit(character) ? character : '_'));

    private sealed class Sink(IStepLog log) : ILogSink
    {
        public bool Append(LogSource source, string text)
        {
            if (source == LogSource.Err)
                log.Errors(text);
            else
                log.Output(text);
            return true;
        }
    }
}
