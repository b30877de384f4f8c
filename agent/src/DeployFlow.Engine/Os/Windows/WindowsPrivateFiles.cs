using System.Runtime.Versioning;
using System.Security.AccessControl;
using System.Security.Principal;

namespace DeployFlow.Engine.Os.Windows;

/// <summary>Folders which only SYSTEM, administrators and the agent's own account may enter; files inherit that.</summary>
[SupportedOSPlatform("windows")]
public sealed class WindowsPrivateFiles : IPrivateFiles
{
    public void EnsureDirectory(string path)
    {
        var directory = new DirectoryInfo(path);
        if (directory.Exists)
            directory.SetAccessControl(OwnersOnly());
        else
            FileSystemAclExtensions.CreateDirectory(OwnersOnly(), path);
    }

    public void Write(string path, ReadOnlySpan<byte> content)
    {
        var draft = $"{path}.{Path.GetRandomFileName()}";
        try
        {
            using (var stream = new FileStream(draft, FileMode.CreateNew, FileAccess.Write))
            {
                stream.Write(content);
                stream.Flush(flushToDisk: true);
            }

            File.Move(draft, path, overwrite: true);
        }
        catch
        {
            File.Delete(draft);
            throw;
        }
    }

    private static DirectorySecurity OwnersOnly()
    {
        var security = new DirectorySecurity();
        security.SetAccessRuleProtection(isProtected: true, preserveInheritance: false);
        using var self = WindowsIdentity.GetCurrent();
        var owners = new List<IdentityReference>
        {
            new SecurityIdentifier(WellKnownSidType.LocalSystemSid, null),
            new SecurityIdentifier(WellKnownSidType.BuiltinAdministratorsSid, null),
        };
        if (self.User is { } user)
            owners.Add(user);
        foreach (var owner in owners)
        {
            security.AddAccessRule(new FileSystemAccessRule(
                owner, FileSystemRights.FullControl, InheritanceFlags.ContainerInherit | InheritanceFlags.ObjectInherit,
                PropagationFlags.None, AccessControlType.Allow));
        }

        return security;
    }
}
