using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using System.Security;
using Microsoft.Win32;

namespace DeployFlow.Engine.Os.Windows;

[SupportedOSPlatform("windows")]
public sealed partial class WindowsSoftwareFacts : ISoftwareFacts
{
    private const int InstalledForMachine = 5;
    private const int MoreData = 234;

    public string Expand(string text) => Environment.ExpandEnvironmentVariables(text);

    public string? FileVersion(string path)
    {
        var info = FileVersionInfo.GetVersionInfo(path);
        // The numbers, not the text beside them, which makers fill with words.
        return info is { FileMajorPart: 0, FileMinorPart: 0, FileBuildPart: 0, FilePrivatePart: 0 }
            ? null
            : $"{info.FileMajorPart}.{info.FileMinorPart}.{info.FileBuildPart}.{info.FilePrivatePart}";
    }

    public Finding Registry(string key, string? value)
    {
        var path = key[(key.IndexOf('\\', StringComparison.Ordinal) + 1)..];
        foreach (var view in new[] { RegistryView.Registry64, RegistryView.Registry32 })
        {
            try
            {
                using var machine = RegistryKey.OpenBaseKey(RegistryHive.LocalMachine, view);
                using var found = machine.OpenSubKey(path);
                if (found is null)
                    continue;
                if (value is null)
                    return new Finding(true);
                if (found.GetValue(value) is { } data)
                    return new Finding(true, Convert.ToString(data, System.Globalization.CultureInfo.InvariantCulture));
            }
            catch (Exception error) when (error is SecurityException or UnauthorizedAccessException or IOException)
            {
                return Finding.Unknown($"the registry does not let it be read: {error.Message}");
            }
        }

        return Finding.Nothing;
    }

    public Finding Msi(string productCode)
    {
        if (QueryState(productCode) != InstalledForMachine)
            return Finding.Nothing;
        var buffer = new char[256];
        var length = (uint)buffer.Length;
        var error = ProductInfo(productCode, "VersionString", buffer, ref length);
        return new Finding(true, error is 0 or MoreData ? new string(buffer, 0, (int)Math.Min(length, (uint)buffer.Length)) : null);
    }

    public Finding Package(string name) => Finding.Unknown("this machine has no packages of a distribution");

    [LibraryImport("msi", EntryPoint = "MsiQueryProductStateW", StringMarshalling = StringMarshalling.Utf16)]
    private static partial int QueryState(string product);

    [LibraryImport("msi", EntryPoint = "MsiGetProductInfoW", StringMarshalling = StringMarshalling.Utf16)]
    private static partial int ProductInfo(string product, string property, [Out] char[] value, ref uint length);
}
