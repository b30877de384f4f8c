namespace DeployFlow.Engine.Os;

/// <summary>Where this machine keeps its programs.</summary>
public interface IProgramFiles
{
    /// <summary>Windows PowerShell 5.1 by its one place; null on other systems.</summary>
    string? WindowsPowershell { get; }

    /// <summary>cmd.exe; null on other systems.</summary>
    string? CommandInterpreter { get; }

    /// <summary>A POSIX shell.</summary>
    string? Shell { get; }

    /// <summary>The first program of this name on the machine's search path.</summary>
    string? Find(string name);
}
