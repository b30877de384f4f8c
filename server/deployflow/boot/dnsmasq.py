"""The configuration of dnsmasq by which machines boot from the network: DHCP or proxyDHCP, and TFTP."""

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Interface
from pathlib import Path
from urllib.parse import quote

LOADERS_PATH = "/boot/v1/loaders"
SCRIPT_PATH = "/boot/v1/script"
TITLE = "DeployFlow Fleet"


@dataclass(frozen=True)
class Range:
    """Addresses to give out, as the network's only DHCP server."""

    first: IPv4Address
    last: IPv4Address
    lease: str = "1h"
    router: IPv4Address | None = None
    dns: tuple[IPv4Address, ...] = ()

    def __post_init__(self) -> None:
        """See that it makes sense by itself.

        Raises:
            ValueError: it does not.
        """
        if self.last < self.first:
            raise ValueError(f"{self.last} comes before {self.first}")
        if not re.fullmatch(r"\d+[mhd]", self.lease):
            raise ValueError(f"{self.lease!r} is no time such as 45m or 12h")


@dataclass(frozen=True)
class Service:
    """How a network is served.

    Attributes:
        addresses: What to give out; None is proxyDHCP, beside a server that gives addresses.
        secure_boot: UEFI machines get shim and GRUB, which run where Secure Boot is on; iPXE does not.
    """

    interface: str
    own: IPv4Interface
    server_url: str
    tftp_root: Path
    leases: Path
    site: str | None = None
    addresses: Range | None = None
    secure_boot: bool = False

    def __post_init__(self) -> None:
        """See that the addresses are of this network.

        Raises:
            ValueError: they are not.
        """
        given = self.addresses
        if given and not (given.first in self.own.network and given.last in self.own.network):
            raise ValueError(f"{given.first} to {given.last} is not all in {self.own.network}, the interface's network")

    @property
    def script_url(self) -> str:
        return f"{self.server_url}{SCRIPT_PATH}" + (f"?site={quote(self.site)}" if self.site else "")

    @property
    def uefi_loader(self) -> str:
        return "shimx64.efi" if self.secure_boot else "ipxe.efi"


def configuration(service: Service) -> str:
    """As dnsmasq reads it."""
    parts = [_common(service), _proxy(service) if service.addresses is None else _full(service, service.addresses)]
    return "\n".join(parts)


def _common(service: Service) -> str:
    return f"""\
# Written by `deployflow pxe`.
# No DNS, and only this network.
port=0
interface={service.interface}
bind-interfaces
no-hosts
no-resolv
user=nobody
group=nogroup
pid-file=
log-dhcp

# TFTP for the first loader; all that is larger comes over HTTP.
enable-tftp
tftp-root={service.tftp_root}

# What asks: iPXE by its user class, firmware by its architecture.
dhcp-userclass=set:ipxe,iPXE
dhcp-match=set:uefi,option:client-arch,7
dhcp-match=set:uefi,option:client-arch,9
dhcp-match=set:http,option:client-arch,16
"""


def _full(service: Service, addresses: Range) -> str:
    lines = [
        f"dhcp-range={addresses.first},{addresses.last},{service.own.netmask},{addresses.lease}",
        f"dhcp-leasefile={service.leases}",
        "dhcp-authoritative",
        # A ping before each offer takes seconds that firmware does not wait.
        "no-ping",
        # An empty router option keeps machines from taking this one for their way out.
        f"dhcp-option=option:router{f',{addresses.router}' if addresses.router else ''}",
    ]
    if addresses.dns:
        lines.append(f"dhcp-option=option:dns-server,{','.join(map(str, addresses.dns))}")
    lines += [
        "",
        "# iPXE need not wait for a proxyDHCP server: there is none.",
        "dhcp-option=tag:ipxe,encap:175,176,1b",
        "dhcp-boot=tag:!ipxe,tag:!uefi,tag:!http,undionly.kpxe",
        f"dhcp-boot=tag:!ipxe,tag:uefi,{service.uefi_loader}",
        f"dhcp-boot=tag:ipxe,{service.script_url}",
        "",
        "# UEFI HTTP boot takes the loader from the server itself, and wants to be called by its name.",
        "dhcp-option-force=tag:http,60,HTTPClient",
        f"dhcp-boot=tag:!ipxe,tag:http,{service.server_url}{LOADERS_PATH}/{service.uefi_loader}",
    ]
    return "\n".join(lines) + "\n"


def _proxy(service: Service) -> str:
    lines = [
        f"dhcp-range={service.own.network.network_address},proxy,{service.own.netmask}",
        f'pxe-service=tag:!ipxe,x86PC,"{TITLE}",undionly.kpxe',
        *(f'pxe-service=tag:!ipxe,{kind},"{TITLE}",{service.uefi_loader}' for kind in ("X86-64_EFI", "BC_EFI")),
        "",
        "# iPXE on BIOS takes the script as a service, on UEFI as the boot file.",
        f'pxe-service=tag:ipxe,x86PC,"{TITLE}",{service.script_url}',
        f"dhcp-boot=tag:ipxe,{service.script_url}",
    ]
    return "\n".join(lines) + "\n"
