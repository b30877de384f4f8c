using System.Globalization;
using System.Net.NetworkInformation;
using System.Runtime.InteropServices;
using DeployFlow.Contracts;
using DeployFlow.Engine.Os.Smbios;

namespace DeployFlow.Engine.Os.Linux;

/// <summary>This machine as <c>/proc</c>, <c>/sys</c> and <c>/etc</c> tell.</summary>
/// <param name="dmiTable">Where to read SMBIOS tables; null for the firmware's.</param>
public sealed class LinuxMachine(string? dmiTable, TimeProvider time) : IMachine
{
    private const string FirmwareDmiTable = "/sys/firmware/dmi/tables/DMI";

    public string BootId { get; } = SystemFile.Text("/proc/sys/kernel/random/boot_id") ?? Guid.NewGuid().ToString();

    public MachineFacts Facts()
    {
        var release = OsRelease();
        var smbios = Smbios();
        return new MachineFacts(
            Environment.MachineName,
            "linux",
            release.Name,
            release.Version,
            Architecture,
            smbios.Manufacturer,
            smbios.Model,
            smbios.Sku,
            smbios.Serial,
            smbios.Uuid,
            [.. Networks.All().Select(network => network.Mac).OfType<string>().Distinct()]);
    }

    public InventoryReport Inventory(string agentVersion)
    {
        var release = OsRelease();
        var smbios = Smbios();
        return new InventoryReport(
            Environment.MachineName,
            new OsInventory("linux", release.Name, release.Version, Environment.OSVersion.Version.ToString(), Architecture),
            new HardwareInventory(
                smbios.Manufacturer, smbios.Model, smbios.Sku, smbios.Serial, smbios.Uuid,
                LinuxProcessor.Read(), MemoryBytes(), Firmware(), SecureBoot(), Tpm()),
            LinuxDisks.All(),
            LinuxVolumes.All(),
            Networks.All(),
            LoggedOnUser(),
            BootTime(),
            agentVersion,
            LinuxSoftware.All());
    }

    private static string Architecture => RuntimeInformation.OSArchitecture == System.Runtime.InteropServices.Architecture.Arm64 ? "arm64" : "x64";

    private SmbiosTables Smbios() => new(SystemFile.Bytes(dmiTable ?? FirmwareDmiTable) ?? []);

    private static (string Name, string Version) OsRelease()
    {
        var values = SystemFile.Lines("/etc/os-release")
            .Select(line => line.Split('=', 2))
            .Where(pair => pair.Length == 2)
            .ToDictionary(pair => pair[0], pair => pair[1].Trim('"', '\''), StringComparer.Ordinal);
        return (values.GetValueOrDefault("PRETTY_NAME", "Linux"), values.GetValueOrDefault("VERSION_ID", Environment.OSVersion.Version.ToString()));
    }

    private static long MemoryBytes() =>
        SystemFile.Lines("/proc/meminfo").FirstOrDefault(line => line.StartsWith("MemTotal:", StringComparison.Ordinal)) is { } line
        && long.TryParse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture, out var kibibytes)
            ? kibibytes * 1024
            : 0;

    private static string? Firmware() => Directory.Exists("/sys/firmware/efi") ? "uefi" : File.Exists("/sys/firmware/dmi/tables/DMI") ? "bios" : null;

    private static bool? SecureBoot() =>
        // An EFI variable is four bytes of attributes and the value.
        SystemFile.Bytes("/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c") is { Length: 5 } variable ? variable[4] == 1 : null;

    private static TpmInventory Tpm()
    {
        const string tpm = "/sys/class/tpm/tpm0";
        if (!Directory.Exists(tpm))
            return new TpmInventory(false, null);
        return new TpmInventory(true, SystemFile.Text($"{tpm}/tpm_version_major") switch { "2" => "2.0", "1" => "1.2", _ => null });
    }

    /// <summary>The moment of boot to the second, as the kernel tells; it moves with the clock, not with the uptime.</summary>
    private DateTimeOffset BootTime() =>
        SystemFile.Lines("/proc/stat").FirstOrDefault(line => line.StartsWith("btime ", StringComparison.Ordinal)) is { } line
        && long.TryParse(line.AsSpan(6), CultureInfo.InvariantCulture, out var seconds)
            ? DateTimeOffset.FromUnixTimeSeconds(seconds)
            : time.GetUtcNow();

    /// <summary>Whose session systemd-logind shows on a seat; null where nobody sits at the machine.</summary>
    private static string? LoggedOnUser() =>
        (Directory.Exists("/run/systemd/sessions") ? Directory.EnumerateFiles("/run/systemd/sessions") : [])
        .Select(SystemFile.Lines)
        .Where(lines => lines.Contains("CLASS=user") && lines.Contains("STATE=active") && lines.Any(line => line.StartsWith("SEAT=", StringComparison.Ordinal)))
        .Select(lines => lines.FirstOrDefault(line => line.StartsWith("USER=", StringComparison.Ordinal))?[5..])
        .FirstOrDefault();
}
