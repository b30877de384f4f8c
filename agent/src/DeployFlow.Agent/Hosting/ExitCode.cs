namespace DeployFlow.Agent.Hosting;

/// <summary>All exit codes of the program.</summary>
public static class ExitCode
{
    public const int Success = 0;

    /// <summary>A bug or a broken machine; the error line tells.</summary>
    public const int Failure = 1;

    /// <summary>Wrong arguments or an unusable setting.</summary>
    public const int Usage = 2;

    /// <summary>The server refused the enrollment token; another try with it is useless.</summary>
    public const int EnrollmentRefused = 3;

    /// <summary>The server could not be reached, or did not answer as the protocol says.</summary>
    public const int ServerUnreachable = 4;

    /// <summary>This data folder belongs to no enrolled device.</summary>
    public const int NotEnrolled = 5;

    /// <summary>Not permitted: run as root or administrator.</summary>
    public const int NotPermitted = 6;

    /// <summary>Another agent runs with this data folder.</summary>
    public const int AlreadyRunning = 7;

    /// <summary>`diagnose` found something wrong.</summary>
    public const int Unhealthy = 8;

    /// <summary>A restart was asked for; the service manager starts the agent again.</summary>
    public const int Restart = 75;
}
