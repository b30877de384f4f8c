namespace DeployFlow.Engine.Os;

/// <summary>The agent as a service of the operating system.</summary>
public interface IServiceRegistration
{
    /// <summary>Registers this program to be run at every boot, and starts it.</summary>
    /// <exception cref="ServiceRegistrationException">The message is one line that says what to do.</exception>
    void Install(string dataDirectory);

    /// <exception cref="ServiceRegistrationException">The message is one line that says what to do.</exception>
    void Uninstall();

    /// <summary>Has a service that a package registered started again after every death, where packages cannot say so.</summary>
    void KeepRunning();

    /// <summary>running, stopped, not_installed, or the service manager's own word.</summary>
    string Status();
}

public sealed class ServiceRegistrationException(string message) : Exception(message);

/// <summary>Starts the agent anew where no service manager does.</summary>
public interface IAgentReplacement
{
    /// <summary>On success a new agent runs; this process must end, if it has not ended already.</summary>
    void Start(IReadOnlyList<string> arguments);
}
