using DeployFlow.Contracts;
using DeployFlow.Engine;
using DeployFlow.Engine.Os;
using DeployFlow.Engine.Scripts;
using Microsoft.Extensions.Logging;

namespace DeployFlow.Agent.Actions;

/// <summary>Cleans up after a run of the agent that ended in the middle of something. Runs before the first check-in.</summary>
/// <param name="bootId">Of this boot of the operating system.</param>
/// <param name="resume">Takes up an action that goes on over restarts; false for all others.</param>
public sealed partial class Recovery(
    Journal journal, IProcessLauncher launcher, ScriptFolders folders, string bootId, Func<JournalEntry, bool> resume, ILogger<Recovery> logger)
{
    public void Run()
    {
        journal.ForgetTracesOfEarlierBoot(bootId);
        foreach (var entry in journal.Unfinished())
        {
            if (entry.Kind == ActionKind.RestartAgent)
            {
                journal.Finish(entry.ActionId, ActionResult.Succeeded(), logTruncated: false);
                continue;
            }

            var killed = launcher.KillLeftovers(entry.Trace);
            if (resume(entry))
                continue;
            journal.Finish(entry.ActionId, ActionResult.Interrupted(), logTruncated: false);
            Log.Interrupted(logger, entry.ActionId, killed);
        }

        folders.RemoveLeftovers();
        journal.RemoveOld();
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "The agent died while an action ran; it is reported as interrupted.")]
        public static partial void Interrupted(ILogger logger, string action_id, int killed_processes);
    }
}
