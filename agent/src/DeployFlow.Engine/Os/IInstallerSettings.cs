namespace DeployFlow.Engine.Os;

/// <summary>What the person who installed the package told it, kept where the package could put it.</summary>
public interface IInstallerSettings
{
    /// <summary>Null where nothing was told, or not enough to enroll.</summary>
    InstallerSettings? Read();

    /// <summary>Removes them: they hold a token, and lie where others may read.</summary>
    void Forget();
}

/// <param name="Ca">Path of a PEM file of certificates to trust beside the system's.</param>
public sealed record InstallerSettings(string Server, string Token, string? Ca, IReadOnlyList<string> Tags)
{
    /// <summary>Reads the four values by the names that a package's user gave them.</summary>
    public static InstallerSettings? Of(Func<string, string?> value)
    {
        if (value("SERVER") is not { Length: > 0 } server || value("TOKEN") is not { Length: > 0 } token)
            return null;
        var ca = value("CA");
        var tags = (value("TAGS") ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return new InstallerSettings(server, token, string.IsNullOrEmpty(ca) ? null : ca, tags);
    }
}
