namespace DeployFlow.Engine.Os;

/// <summary>What a person needs who was not there when a machine failed.</summary>
public interface IRescueInfo
{
    /// <summary>Name and text of each log; what cannot be read is left out.</summary>
    IReadOnlyList<(string Name, string Text)> Collect();
}

/// <summary>The terminal at the machine.</summary>
public interface IBootTerminal
{
    /// <summary>A shell for the technician; returns when it is left.</summary>
    void RunShell();
}
