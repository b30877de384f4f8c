using DeployFlow.Agent.Enrollment;
using DeployFlow.Agent.Hosting;
using DeployFlow.Engine.Os;

namespace DeployFlow.Agent.Commands;

/// <summary><c>service install|uninstall|status</c>.</summary>
public sealed class ServiceCommand(Platform platform, DataDirectory data)
{
    public int Install()
    {
        if (AgentConfiguration.Load(data) is null)
            throw new NotEnrolledException(data);
        platform.Service.Install(data.Path);
        Console.WriteLine("The service is installed and started.");
        return ExitCode.Success;
    }

    public int Uninstall()
    {
        platform.Service.Uninstall();
        Console.WriteLine($"The service is stopped and removed. {data.Path} stays; remove it to forget the device.");
        return ExitCode.Success;
    }

    public int Status()
    {
        Console.WriteLine(platform.Service.Status());
        return ExitCode.Success;
    }
}
