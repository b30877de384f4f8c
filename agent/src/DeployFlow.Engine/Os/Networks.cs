using System.Net.NetworkInformation;
using DeployFlow.Contracts;

namespace DeployFlow.Engine.Os;

/// <summary>Network cards with a hardware address, without loopback and tunnels.</summary>
internal static class Networks
{
    private static readonly string[] Virtual = ["veth", "docker", "br-", "virbr", "cni", "flannel", "cali"];

    public static IReadOnlyList<NetworkInventory> All() =>
    [
        .. NetworkInterface.GetAllNetworkInterfaces()
            .Where(card => card.NetworkInterfaceType is not (NetworkInterfaceType.Loopback or NetworkInterfaceType.Tunnel))
            .Where(card => !Virtual.Any(prefix => card.Name.StartsWith(prefix, StringComparison.Ordinal)))
            .Select(card => new NetworkInventory(card.Name, Mac(card), Addresses(card)))
            .Where(card => card.Mac is not null)
            .OrderBy(card => card.Name, StringComparer.Ordinal),
    ];

    private static string? Mac(NetworkInterface card)
    {
        var bytes = card.GetPhysicalAddress().GetAddressBytes();
        return bytes.Length != 6 || bytes.AsSpan().IndexOfAnyExcept((byte)0) < 0
            ? null
            : string.Join(':', bytes.Select(value => value.ToString("x2")));
    }

    /// <summary>Temporary and link-local IPv6 addresses are left out: they come and go and would change the hash.</summary>
    private static IReadOnlyList<string> Addresses(NetworkInterface card) =>
    [
        .. card.GetIPProperties().UnicastAddresses
            .Select(address => address.Address)
            .Where(address => !address.IsIPv6LinkLocal)
            .Select(address => address.ToString().Split('%')[0])
            .Order(StringComparer.Ordinal),
    ];
}
