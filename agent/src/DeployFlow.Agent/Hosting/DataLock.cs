using DeployFlow.Engine.Os;

namespace DeployFlow.Agent.Hosting;

/// <summary>Two agents with one data folder would be one device twice. The operating system lets go of it when the process dies.</summary>
public sealed class DataLock : IDisposable
{
    private readonly FileStream _file;

    private DataLock(FileStream file) => _file = file;

    /// <summary>Null where another agent holds it.</summary>
    public static DataLock? TryTake(DataDirectory data)
    {
        try
        {
            return new DataLock(new FileStream(data.Lock, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException)
        {
            return null;
        }
    }

    public void Dispose() => _file.Dispose();
}
