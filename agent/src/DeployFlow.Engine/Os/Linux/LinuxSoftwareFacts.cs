namespace DeployFlow.Engine.Os.Linux;

public sealed class LinuxSoftwareFacts : ISoftwareFacts
{
    public string Expand(string text) => Environment.ExpandEnvironmentVariables(text);

    public string? FileVersion(string path) => null;

    public Finding Registry(string key, string? value) => Finding.Unknown("this machine has no registry");

    public Finding Msi(string productCode) => Finding.Unknown("this machine has no Windows Installer");

    public Finding Package(string name) =>
        LinuxSoftware.All().FirstOrDefault(package => package.Name == name) is { } found ? new Finding(true, found.Version) : Finding.Nothing;
}
