namespace DeployFlow.Engine.Os;

/// <summary>The agent's own folder and what lies where in it. Only the system's own account may read it.</summary>
public sealed class DataDirectory(string path, IPrivateFiles files)
{
    public string Path { get; } = System.IO.Path.GetFullPath(path);

    public IPrivateFiles Files { get; } = files;

    public string Configuration => In("agent.json");

    public string Journal => In("journal.db");

    public string DeviceKey => In("device.key");

    public string ExtraCa => In("ca.pem");

    public string Status => In("status.json");

    public string Lock => In("agent.lock");

    public string Log => In("agent.log");

    public string Scripts => In("scripts");

    public string Installers => In("installers");

    public void Ensure() => Files.EnsureDirectory(Path);

    private string In(string name) => System.IO.Path.Combine(Path, name);
}

/// <summary>Files and folders that nobody but the agent's account (and administrators) may read.</summary>
public interface IPrivateFiles
{
    void EnsureDirectory(string path);

    /// <summary>Replaces the file in one step: a reader sees the old or the new content, also after a power cut.</summary>
    void Write(string path, ReadOnlySpan<byte> content);
}
