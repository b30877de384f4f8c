using System.Text;
using DeployFlow.Engine.Os;
using DeployFlow.Engine.Steps;

namespace DeployFlow.Agent.Enrollment;

/// <summary>
/// What a package's user said becomes what a deployment would have left: the agent's first run then enrolls by it, for as
/// long as it takes.
/// </summary>
public static class InstallerEnrollment
{
    /// <summary>
    /// Takes the settings over into the agent's own folder, and removes them where they lay. A device that is enrolled
    /// already stays what it is.
    /// </summary>
    public static void TakeOver(IInstallerSettings settings, IServiceRegistration service, DataDirectory data)
    {
        if (settings.Read() is not { } said)
            return;
        service.KeepRunning();
        if (AgentConfiguration.Load(data) is null)
            Plant(said, data);
        settings.Forget();
    }

    private static void Plant(InstallerSettings said, DataDirectory data)
    {
        data.Ensure();
        var isPlain = said.Server.StartsWith("http:", StringComparison.OrdinalIgnoreCase);
        if (said.Ca is { } ca)
            data.Files.Write(data.ExtraCa, Certificates(ca));
        data.Files.Write(
            Path.Combine(data.Path, FirstBootFile.Name),
            new FirstBootFile(said.Server, isPlain, said.Ca is not null, null, said.Tags).Bytes());
        data.Files.Write(Path.Combine(data.Path, FirstBootFile.Token), Encoding.UTF8.GetBytes(said.Token));
    }

    private static byte[] Certificates(string path)
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new SettingsException($"The certificates that the installation was given cannot be read ({error.Message}); install again with CA naming a PEM file.");
        }
    }
}
