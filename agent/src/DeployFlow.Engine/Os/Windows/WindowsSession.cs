using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace DeployFlow.Engine.Os.Windows;

/// <summary>Who sits at the machine.</summary>
[SupportedOSPlatform("windows")]
internal static partial class WindowsSession
{
    private const uint NoSession = 0xffffffff;
    private const int UserName = 5;
    private const int DomainName = 7;

    /// <summary>DOMAIN\user of the console session; null where nobody is logged on.</summary>
    public static string? ConsoleUser()
    {
        var session = Kernel32.ActiveConsoleSession();
        if (session == NoSession || Text(session, UserName) is not { Length: > 0 } user)
            return null;
        return Text(session, DomainName) is { Length: > 0 } domain ? $@"{domain}\{user}" : user;
    }

    private static string? Text(uint session, int what)
    {
        try
        {
            if (!Query(0, session, what, out var buffer, out _))
                return null;
            try
            {
                return Marshal.PtrToStringUni(buffer);
            }
            finally
            {
                Free(buffer);
            }
        }
        catch (Exception error) when (error is DllNotFoundException or EntryPointNotFoundException)
        {
            return null;
        }
    }

    [LibraryImport("wtsapi32", EntryPoint = "WTSQuerySessionInformationW", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool Query(nint server, uint session, int what, out nint buffer, out uint size);

    [LibraryImport("wtsapi32", EntryPoint = "WTSFreeMemory")]
    private static partial void Free(nint buffer);
}
