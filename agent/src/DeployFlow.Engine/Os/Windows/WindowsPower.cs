using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace DeployFlow.Engine.Os.Windows;

/// <summary>Restart and shutdown by the system's own call, which needs a privilege that even services have to switch on.</summary>
[SupportedOSPlatform("windows")]
internal static unsafe partial class WindowsPower
{
    private const string Privilege = "SeShutdownPrivilege";
    private const uint AdjustAndQuery = 0x28;
    private const uint Enabled = 2;

    /// <summary>A planned one, for an installation of an application.</summary>
    private const uint Reason = 0x80000000 | 0x00040000 | 0x00000002;

    /// <summary>A moment for the agent to write down and to say what it does.</summary>
    private const uint GraceSeconds = 5;

    private const int AlreadyGoingDown = 1115;

    /// <returns>What went wrong; null where the machine goes down.</returns>
    public static string? GoDown(bool andUpAgain)
    {
        if (EnablePrivilege() is { } problem)
            return problem;
        // Programs that do not answer are ended: nobody sits at a machine that is managed from afar.
        if (Initiate(null, "DeployFlow Fleet", GraceSeconds, 1, andUpAgain ? 1 : 0, Reason))
            return null;
        return Marshal.GetLastPInvokeError() == AlreadyGoingDown ? null : Marshal.GetLastPInvokeErrorMessage();
    }

    private static string? EnablePrivilege()
    {
        if (!OpenToken(CurrentProcess(), AdjustAndQuery, out var token))
            return Marshal.GetLastPInvokeErrorMessage();
        try
        {
            var wanted = new TokenPrivilege { Count = 1, Attributes = Enabled };
            if (!LookUp(null, Privilege, out wanted.Luid))
                return Marshal.GetLastPInvokeErrorMessage();
            // It succeeds also where nothing was granted; only the error code tells.
            return Adjust(token, 0, &wanted, 0, null, null) && Marshal.GetLastPInvokeError() == 0
                ? null
                : $"the agent's account lacks {Privilege}: {Marshal.GetLastPInvokeErrorMessage()}";
        }
        finally
        {
            Kernel32.CloseHandle(token);
        }
    }

    [StructLayout(LayoutKind.Sequential, Pack = 4)]
    private struct TokenPrivilege
    {
        public uint Count;
        public long Luid;
        public uint Attributes;
    }

    [LibraryImport("kernel32", EntryPoint = "GetCurrentProcess")]
    private static partial nint CurrentProcess();

    [LibraryImport("advapi32", EntryPoint = "OpenProcessToken", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool OpenToken(nint process, uint access, out nint token);

    [LibraryImport("advapi32", EntryPoint = "LookupPrivilegeValueW", SetLastError = true, StringMarshalling = StringMarshalling.Utf16)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool LookUp(string? system, string name, out long luid);

    [LibraryImport("advapi32", EntryPoint = "AdjustTokenPrivileges", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool Adjust(nint token, int disableAll, TokenPrivilege* wanted, uint size, void* before, void* needed);

    [LibraryImport("advapi32", EntryPoint = "InitiateSystemShutdownExW", SetLastError = true, StringMarshalling = StringMarshalling.Utf16)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool Initiate(string? machine, string message, uint seconds, int force, int restart, uint reason);
}
