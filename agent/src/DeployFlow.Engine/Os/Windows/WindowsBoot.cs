using System.Globalization;
using System.Runtime.Versioning;
using Microsoft.Win32;

namespace DeployFlow.Engine.Os.Windows;

/// <summary>
/// This boot of Windows. Windows has no id for it, so one is kept in a volatile registry key, which vanishes with the
/// boot. The moment is kept beside it: worked out anew it would move with each correction of the clock.
/// </summary>
[SupportedOSPlatform("windows")]
internal sealed record WindowsBoot(string Id, DateTimeOffset Time)
{
    private const string Path = @"SOFTWARE\DeployFlow\Boot";

    public static WindowsBoot Current(TimeProvider time)
    {
        var fresh = new WindowsBoot(Guid.NewGuid().ToString(), BootTime(time));
        try
        {
            using var key = Registry.LocalMachine.CreateSubKey(Path, writable: true, RegistryOptions.Volatile);
            if (key.GetValue("Id") is string id && key.GetValue("Time") is string kept
                && DateTimeOffset.TryParse(kept, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var moment))
                return new WindowsBoot(id, moment);
            key.SetValue("Id", fresh.Id);
            key.SetValue("Time", fresh.Time.ToString("o", CultureInfo.InvariantCulture));
        }
        catch (Exception error) when (error is UnauthorizedAccessException or IOException)
        {
            // Not an administrator: every start counts as a boot.
        }

        return fresh;
    }

    private static DateTimeOffset BootTime(TimeProvider time)
    {
        var boot = time.GetUtcNow() - TimeSpan.FromMilliseconds(Environment.TickCount64);
        return new DateTimeOffset(boot.Ticks - (boot.Ticks % TimeSpan.TicksPerSecond), TimeSpan.Zero);
    }
}
