"""What a machine's network says, asked of the kernel and, for DHCP, of the network itself."""

import contextlib
import fcntl
import secrets
import socket
import struct
import time
from ipaddress import IPv4Interface
from pathlib import Path

_SIOCGIFADDR, _SIOCGIFNETMASK, _SIOCGIFHWADDR = 0x8915, 0x891B, 0x8927
_COOKIE = bytes([99, 130, 83, 99])
_REPLY = 2
_DISCOVER, _OFFER = 1, 2
_ADDRESS_BYTES = 4
_MESSAGE_TYPE, _SERVER, _END = 53, 54, 255


def interfaces() -> list[str]:
    """The network interfaces of this machine but loopback."""
    return [name for _, name in socket.if_nameindex() if name != "lo"]


def address_of(interface: str) -> IPv4Interface | None:
    """Its IPv4 address with its network; None when it has none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        name = interface.encode().ljust(40, b"\0")
        try:
            address = fcntl.ioctl(asking, _SIOCGIFADDR, name)[20:24]
            mask = fcntl.ioctl(asking, _SIOCGIFNETMASK, name)[20:24]
        except OSError:
            return None
    return IPv4Interface(f"{socket.inet_ntoa(address)}/{socket.inet_ntoa(mask)}")


def port_is_free(port: int, *, interface: str) -> bool:
    """Whether a UDP port could be taken for this interface now."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as trying:
        trying.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode())
        try:
            trying.bind(("", port))
        except OSError:
            return False
    return True


def users_of_port(port: int) -> list[str]:
    """Programs that hold a UDP port, as `dnsmasq (1234)`; as far as one may see."""
    lines = Path("/proc/net/udp").read_text().splitlines()[1:]
    sockets = {f"socket:[{line.split()[9]}]" for line in lines if int(line.split()[1].split(":")[1], 16) == port}
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with contextlib.suppress(OSError):
                if any(str(link.readlink()) in sockets for link in (folder / "fd").iterdir()):
                    found.append(f"{(folder / 'comm').read_text().strip()} ({folder.name})")
    return found


def dhcp_servers(interface: str, *, within_s: float = 3.0) -> list[str]:
    """Addresses of the DHCP servers that answer on an interface. It asks, and takes no address."""
    found: set[str] = set()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        asking.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        asking.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode())
        asking.bind(("", 68))
        hardware = fcntl.ioctl(asking, _SIOCGIFHWADDR, interface.encode().ljust(40, b"\0"))[18:24]
        call = secrets.token_bytes(4)
        asking.sendto(discover(call, hardware), ("255.255.255.255", 67))
        ends = time.monotonic() + within_s
        while (left := ends - time.monotonic()) > 0:
            asking.settimeout(left)
            with contextlib.suppress(TimeoutError):
                if server := offer_from(asking.recv(4096), call):
                    found.add(server)
    return sorted(found)


def discover(call: bytes, hardware: bytes) -> bytes:
    """A DHCPDISCOVER that wants its answer as a broadcast (RFC 2131)."""
    header = struct.pack("!BBBB4sHH16s", 1, 1, 6, 0, call, 0, 0x8000, b"")
    options = bytes([_MESSAGE_TYPE, 1, _DISCOVER, 55, 2, 1, 3, _END])
    return header + hardware.ljust(16, b"\0") + bytes(192) + _COOKIE + options


def offer_from(packet: bytes, call: bytes) -> str | None:
    """Who offers an address in answer to a call; None for any other packet, and for a proxyDHCP server."""
    options_at = 240
    if len(packet) < options_at or packet[0] != _REPLY or packet[4:8] != call or packet[236:240] != _COOKIE:
        return None
    options, at = dict[int, bytes](), options_at
    while at < len(packet) and packet[at] != _END:
        if packet[at] == 0:
            at += 1
            continue
        if at + 1 >= len(packet):
            return None
        length = packet[at + 1]
        options[packet[at]] = packet[at + 2 : at + 2 + length]
        at += 2 + length
    server = options.get(_SERVER, b"")
    gives_address = packet[16:20] != bytes(_ADDRESS_BYTES)
    if options.get(_MESSAGE_TYPE) != bytes([_OFFER]) or not gives_address or len(server) != _ADDRESS_BYTES:
        return None
    return socket.inet_ntoa(server)
