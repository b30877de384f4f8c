using System.Runtime.Versioning;
using System.Security.AccessControl;
using System.Security.Principal;

namespace DeployFlow.Engine.Os.Windows;

/// <summary>Access rights for a Windows that is not running yet: its system and administrators have the same ids everywhere.</summary>
[SupportedOSPlatform("windows")]
public static class WindowsOfflineAccess
{
    public static void Restrict(string path)
    {
        if (Directory.Exists(path))
            new DirectoryInfo(path).SetAccessControl(Owners(new DirectorySecurity(), InheritanceFlags.ContainerInherit | InheritanceFlags.ObjectInherit));
        else
            new FileInfo(path).SetAccessControl(Owners(new FileSecurity(), InheritanceFlags.None));
    }

    private static T Owners<T>(T security, InheritanceFlags below)
        where T : FileSystemSecurity
    {
        security.SetAccessRuleProtection(isProtected: true, preserveInheritance: false);
        foreach (var owner in (WellKnownSidType[])[WellKnownSidType.LocalSystemSid, WellKnownSidType.BuiltinAdministratorsSid])
        {
            security.AddAccessRule(new FileSystemAccessRule(
                new SecurityIdentifier(owner, null), FileSystemRights.FullControl, below, PropagationFlags.None, AccessControlType.Allow));
        }

        return security;
    }
}
