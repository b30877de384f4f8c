"""A network of its own for machines to boot in: nothing of it reaches the networks of this machine.

`server` is the host that the tests, the server and `deployflow pxe` run in, with a bridge and a tap for the machine;
`router` is another host on the same wire: it announces itself for IPv6, and gives addresses where a test wants it to.
"""

import ctypes
import os
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

BRIDGE, TAP = "br0", "tap0"
ADDRESS, NETWORK, ROUTER_ADDRESS = "10.77.0.1", "10.77.0.0/24", "10.77.0.2"
_CLONE_NEWNET = 0x40000000
_PR_SET_PDEATHSIG, _SIGKILL = 1, 9
_libc = ctypes.CDLL(None, use_errno=True)


def ends_with_this_process() -> None:
    """In a child before it starts: it is killed when the test run is, however that ends."""
    _libc.prctl(_PR_SET_PDEATHSIG, _SIGKILL)


class Network:
    """Two hosts on one wire."""

    def __init__(self, name: str) -> None:
        self.server = f"{name}-server"
        self.router = f"{name}-router"
        self._processes: list[subprocess.Popen[bytes]] = []

    def make(self) -> None:
        for namespace in (self.server, self.router):
            _ip("netns", "add", namespace)
            _ip("-n", namespace, "link", "set", "lo", "up")
        _ip("-n", self.server, "link", "add", BRIDGE, "type", "bridge", "forward_delay", "0")
        _ip("-n", self.server, "addr", "add", f"{ADDRESS}/24", "dev", BRIDGE)
        _ip("-n", self.server, "link", "set", BRIDGE, "up")
        _ip("-n", self.server, "tuntap", "add", "dev", TAP, "mode", "tap")
        _ip("-n", self.server, "link", "set", TAP, "master", BRIDGE, "up")
        _ip("-n", self.server, "link", "add", "uplink", "type", "veth", "peer", "name", "lan", "netns", self.router)
        _ip("-n", self.server, "link", "set", "uplink", "master", BRIDGE, "up")
        _ip("-n", self.router, "addr", "add", f"{ROUTER_ADDRESS}/24", "dev", "lan")
        _ip("-n", self.router, "addr", "add", "fd00:77::2/64", "dev", "lan", "nodad")
        _ip("-n", self.router, "link", "set", "lan", "up")

    def remove(self) -> None:
        for process in self._processes:
            process.kill()
            process.wait()
        for namespace in (self.server, self.router):
            _ip("netns", "del", namespace)

    @contextmanager
    def inside(self, namespace: str | None = None) -> Iterator[None]:
        """This thread, and what it starts, is in that network."""
        here = os.open(f"/proc/self/task/{threading.get_native_id()}/ns/net", os.O_RDONLY)
        there = os.open(f"/run/netns/{namespace or self.server}", os.O_RDONLY)
        try:
            _enter(there)
            try:
                yield
            finally:
                _enter(here)
        finally:
            os.close(here)
            os.close(there)

    def start_router(self, folder: Path, *, gives_addresses: bool) -> None:
        """Announce the network for IPv6, as a site's router does; iPXE waits for that. With DHCP where it is wanted."""
        lines = ["port=0", "user=root", "interface=lan", "bind-interfaces", "pid-file=", "leasefile-ro", "no-ping"]
        lines += ["enable-ra", "dhcp-range=fd00:77::,ra-only,64"]
        if gives_addresses:
            lines.append("dhcp-range=10.77.0.100,10.77.0.200,255.255.255.0,10m")
        (folder / "router.conf").write_text("\n".join(lines) + "\n")
        with self.inside(self.router), (folder / "router.log").open("wb") as log:
            self._processes.append(
                subprocess.Popen(
                    [
                        "/usr/sbin/dnsmasq",
                        "--keep-in-foreground",
                        f"--conf-file={folder / 'router.conf'}",
                        "--log-facility=-",
                    ],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    preexec_fn=ends_with_this_process,  # noqa: PLW1509  the child only makes a system call
                )
            )


def _enter(descriptor: int) -> None:
    if _libc.setns(descriptor, _CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def _ip(*words: str) -> None:
    _run(["ip", *words])


def _run(argv: Sequence[str]) -> None:
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(argv)}: {done.stderr.strip()}")
