using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using DeployFlow.Agent.Enrollment;
using DeployFlow.Agent.Hosting;
using DeployFlow.Agent.Http;
using DeployFlow.Contracts.Boot;
using DeployFlow.Engine.Os;

namespace DeployFlow.Agent.Deploy;

/// <summary><c>deploy</c>: what a boot environment runs. Ends with success when the machine is to start anew.</summary>
public sealed class DeployCommand(Platform platform)
{
    public async Task<int> RunAsync(DeployOptions given, CancellationToken cancellationToken)
    {
        var options = given.WithBootFile();
        var server = ServerSettings.Of(options.Server ?? throw new SettingsException("No server; give --server, or --boot-file."), null, options.ExtraCa, insecureHttp: true);
        var serverKey = PublicKey(options.ServerKey ?? throw new SettingsException("No boot key of the server; give --boot-key FILE."));
        var boot = platform.Boot(options);
        var clock = new ServerClock(TimeProvider.System);
        using var http = ServerConnection.Create(server, clock);
        var machine = platform.Machine(options.DmiTable);
        var order = new BootOrder(options.Site, options.ProfileId, boot.Environment, AgentVersion.Current, Facts(machine, boot.Disks, options));
        using var lines = new DeployLines(options.Log, TimeProvider.System);
        using var screen = DeployScreen.Open(options.Plain, boot.Terminal, lines);
        var status = new DeployStatus(server.Server.ToString().TrimEnd('/'), Machine(order.Facts), lines.Write, TimeProvider.System);
        screen.Show(status);
        await ServerTime.LearnAsync(server, clock, cancellationToken);
        return await new DeployLoop(boot, http, serverKey, order, status, screen.Technician, clock, TimeProvider.System).RunAsync(cancellationToken);
    }

    private static byte[] PublicKey(string file)
    {
        try
        {
            var text = File.ReadAllText(file);
            var fields = PemEncoding.Find(text);
            if (text[fields.Label] == "PUBLIC KEY")
                return Convert.FromBase64String(text[fields.Base64Data]);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException or FormatException)
        {
            throw new SettingsException($"The server's boot key {file} cannot be read ({error.Message}); build the boot environment anew.");
        }

        throw new SettingsException($"{file} is no public key; build the boot environment anew.");
    }

    private static BootFacts Facts(IMachine machine, IDisks disks, DeployOptions options)
    {
        var mac = options.Mac;
        var facts = machine.Facts();
        var hardware = machine.Inventory(AgentVersion.Current).Hardware;
        // The card that the machine booted from says most about where it is.
        var macs = mac is null ? facts.MacAddresses : [Canonical(mac), .. facts.MacAddresses.Where(other => other != Canonical(mac))];
        return new BootFacts(
            null, facts.Manufacturer, facts.Model, facts.Sku, facts.Serial, facts.SmbiosUuid, macs, options.Firmware ?? hardware.Firmware ?? "bios", hardware.SecureBoot,
            hardware.MemoryBytes, hardware.Cpu.Name, disks.All());
    }

#pragma warning disable CA1308 // MAC addresses are written in lower case in all of the protocol.
    private static string Canonical(string mac) => mac.Replace('-', ':').ToLowerInvariant();
#pragma warning restore CA1308

    private static string Machine(BootFacts facts) => string.Join(
        ", ", new[] { $"{facts.Manufacturer} {facts.Model}".Trim(), facts.Serial, facts.MacAddresses is [var mac, ..] ? mac : null }.Where(part => !string.IsNullOrEmpty(part)));
}

/// <param name="BootFile">JSON with server, site, mac and profile_id, as WinPE gets it.</param>
/// <param name="Log">Takes a line for all that happens.</param>
/// <param name="Plain">Lines instead of a screen.</param>
/// <param name="WorkDirectory">For mount points and scripts.</param>
/// <param name="Firmware">uefi or bios, in the place of what the system says; for tests.</param>
/// <param name="Disk">The only disks to see, with commas between them; for tests.</param>
public sealed record DeployOptions(
    string? Server, string? Site, string? Mac, string? ProfileId, string? ServerKey, string? BootFile, string? ExtraCa, string? Log, bool Plain,
    string WorkDirectory, string? DmiTable, string? Disk, string? Firmware)
{
    /// <summary>What the command line leaves open is taken from the file.</summary>
    public DeployOptions WithBootFile()
    {
        if (BootFile is null)
            return this;
        try
        {
            var file = JsonSerializer.Deserialize(File.ReadAllBytes(BootFile), BootFileJson.Default.BootFileContent) ?? throw new JsonException("It is empty.");
            return this with { Server = Server ?? file.Server, Site = Site ?? file.Site, Mac = Mac ?? file.Mac, ProfileId = ProfileId ?? file.ProfileId };
        }
        catch (Exception error) when (error is IOException or JsonException or UnauthorizedAccessException)
        {
            throw new SettingsException($"{BootFile} cannot be read: {error.Message}");
        }
    }
}

public sealed record BootFileContent(string? Server, string? Site, string? Mac, string? ProfileId);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(BootFileContent))]
internal sealed partial class BootFileJson : JsonSerializerContext;
