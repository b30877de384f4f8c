using System.Runtime.Versioning;

namespace DeployFlow.Engine.Os.Windows;

/// <summary>A job object: what is in it dies together, also when the agent's own process goes away.</summary>
[SupportedOSPlatform("windows")]
internal sealed unsafe class JobObject : IDisposable
{
    private readonly Lock _gate = new();
    private nint _handle;

    public JobObject()
    {
        _handle = Kernel32.CreateJob(null, null);
        if (_handle == 0)
            throw new ProcessStartException("No job object could be made.");
        SetFlags(Kernel32.JobKillOnClose);
    }

    public bool Add(nint process) => Kernel32.AssignToJob(_handle, process);

    public void Kill()
    {
        lock (_gate)
        {
            if (_handle != 0)
                Kernel32.TerminateJob(_handle, 1);
        }
    }

    /// <summary>Lets go of what still runs: a program which a script left running on purpose is left alone.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_handle == 0)
                return;
            SetFlags(0);
            Kernel32.CloseHandle(_handle);
            _handle = 0;
        }
    }

    private void SetFlags(uint flags)
    {
        var limits = new Kernel32.JobLimits { Flags = flags };
        Kernel32.SetJobLimits(_handle, Kernel32.JobExtendedLimits, &limits, sizeof(Kernel32.JobLimits));
    }
}
