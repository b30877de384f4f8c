"""`deployflow pxe`."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deployflow.app.cli.options import DataDir

if TYPE_CHECKING:
    from ipaddress import IPv4Interface

    from deployflow.boot.dnsmasq import Range


def pxe(
    interface: Annotated[str, typer.Option(help="Network interface that machines boot from.")],
    data_dir: DataDir = None,
    proxy: Annotated[
        bool, typer.Option("--proxy", help="proxyDHCP: beside a DHCP server that gives the addresses.")
    ] = False,
    addresses: Annotated[
        str | None,
        typer.Option("--range", help="Be the DHCP server, and give these: 10.0.0.100,10.0.0.200.", show_default=False),
    ] = None,
    lease: Annotated[str, typer.Option(help="How long an address is given, such as 45m or 12h.")] = "1h",
    router: Annotated[str | None, typer.Option(help="Default router to tell machines, with --range.")] = None,
    dns: Annotated[list[str] | None, typer.Option(help="DNS server to tell machines; may be repeated.")] = None,
    server_url: Annotated[
        str | None,
        typer.Option(help="How machines reach the server.", show_default="the public URL, else this interface"),
    ] = None,
    site: Annotated[str | None, typer.Option(help="Key of the boot site, where there are several.")] = None,
    secure_boot: Annotated[
        bool, typer.Option("--secure-boot", help="Give UEFI machines shim and GRUB, for networks with Secure Boot on.")
    ] = False,
    loaders: Annotated[
        Path | None, typer.Option(help="Folder with the loaders.", show_default="boot/loaders in the data folder")
    ] = None,
    print_only: Annotated[bool, typer.Option("--print", help="Say the configuration of dnsmasq, and stop.")] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Only say what would stop it; ends with 4 if anything.")
    ] = False,
) -> None:
    """Serve network boot on an interface: DHCP or proxyDHCP, and TFTP, by dnsmasq. Runs until Ctrl-C."""
    from deployflow.app.cli.settings import read_settings
    from deployflow.app.failures import Unusable, WrongUsage
    from deployflow.boot import pxe as serving
    from deployflow.boot.dnsmasq import Service, configuration
    from deployflow.boot.tools import BootToolFailed
    from deployflow.platform.settings import public_url_of

    if proxy == (addresses is not None):
        raise WrongUsage("say --proxy (another server gives the addresses) or --range FIRST,LAST (this one does)")
    settings = read_settings(data_dir=data_dir)
    own = _address_of(interface)
    try:
        url = public_url_of(server_url) if server_url else settings.public_url or f"http://{own.ip}:{settings.port}"
        service = Service(
            interface=interface,
            own=own,
            server_url=url,
            tftp_root=settings.data_dir / "boot" / "loaders",
            leases=settings.data_dir / "pxe.leases",
            site=site,
            addresses=_range(addresses, lease=lease, router=router, dns=dns or []) if addresses else None,
            secure_boot=secure_boot,
        )
    except ValueError as error:
        raise WrongUsage(str(error)) from error
    if print_only:
        print(configuration(service), end="")
        return
    folder = loaders or settings.data_dir / "boot" / "loaders"
    try:
        serving.needs_root()
        if orphans := serving.end_orphans():
            _say(f"ended {len(orphans)} dnsmasq that an earlier run left behind")
        for warning in serving.warnings(service):
            _say(warning)
        if found := serving.hindrances(service, folder):
            raise Unusable("; ".join(found))
        if check:
            print(f"Nothing stops network boot on {interface}.")
            return
        with serving.tftp_folder(service, folder) as ready:
            print(f"Serving network boot on {interface}: machines ask {service.script_url}", flush=True)
            serving.Dnsmasq(ready, _say).run()
    except (BootToolFailed, OSError) as error:
        raise Unusable(str(error)) from error


def _say(text: str) -> None:
    print(f"deployflow pxe: {text}", file=sys.stderr, flush=True)


def _address_of(interface: str) -> "IPv4Interface":
    from deployflow.app.failures import Missing
    from deployflow.boot import networks

    if interface not in networks.interfaces():
        known = ", ".join(networks.interfaces()) or "none but loopback"
        raise Missing(f"there is no network interface {interface}; this machine has {known}")
    own = networks.address_of(interface)
    if own is None:
        raise Missing(f"{interface} has no IPv4 address: give it one first (`ip addr add 10.0.0.1/24 dev {interface}`)")
    return own


def _range(text: str, *, lease: str, router: str | None, dns: list[str]) -> "Range":
    from ipaddress import IPv4Address

    from deployflow.boot.dnsmasq import Range

    first, comma, last = text.partition(",")
    if not comma:
        raise ValueError("--range: give two addresses, such as 10.0.0.100,10.0.0.200")
    return Range(
        IPv4Address(first.strip()),
        IPv4Address(last.strip()),
        lease,
        IPv4Address(router) if router else None,
        tuple(IPv4Address(one) for one in dns),
    )
