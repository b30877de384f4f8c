namespace DeployFlow.Engine.Os;

/// <summary>The running operating system as a whole.</summary>
public interface ISystemState
{
    /// <summary>It is still setting itself up: its name, its accounts and even its ids may change.</summary>
    bool IsSettingUp { get; }

    /// <summary>Restarts the machine in a moment.</summary>
    /// <returns>What went wrong; null where it restarts.</returns>
    string? Restart();

    /// <summary>Switches the machine off in a moment.</summary>
    /// <returns>What went wrong; null where it goes down.</returns>
    string? ShutDown();
}
