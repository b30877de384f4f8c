namespace DeployFlow.Engine.Os;

/// <summary>What detection rules ask of a machine.</summary>
public interface ISoftwareFacts
{
    /// <summary>Fills in variables of the system, written as <c>%Name%</c>.</summary>
    string Expand(string text);

    /// <summary>Version of a file that has one in it; null where it has none.</summary>
    string? FileVersion(string path);

    /// <summary>A key or a value of the registry.</summary>
    Finding Registry(string key, string? value);

    /// <summary>An MSI product that is installed for the machine.</summary>
    Finding Msi(string productCode);

    /// <summary>A package of the distribution.</summary>
    Finding Package(string name);
}

/// <summary>What was found of one thing.</summary>
/// <param name="Version">Where it has one; of a registry value, its data.</param>
/// <param name="Problem">Why nobody can say whether it is there; null where that is known.</param>
public sealed record Finding(bool IsThere, string? Version = null, string? Problem = null)
{
    public static readonly Finding Nothing = new(false);

    public static Finding Unknown(string problem) => new(false, null, problem);
}
