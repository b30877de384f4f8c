"""`deployflow pxe` with real networks: what stops it, what it says, and that it stays."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from deployflow.boot import loaders

from netboot.namespaces import ADDRESS, BRIDGE, Network, ends_with_this_process
from support.waiting import until

FULL = ("--range", "10.77.0.100,10.77.0.200")
UNAVAILABLE = 4


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with loaders, as `deployflow boot build` leaves it; their content does not matter here."""
    folder = tmp_path / "data" / "boot" / "loaders"
    folder.mkdir(parents=True)
    for name in loaders.FILES:
        (folder / name).write_text(name)
    return tmp_path / "data"


def command(data: Path, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "deployflow", "pxe", "--interface", BRIDGE, "--data-dir", str(data), *arguments]


def check(data: Path, *arguments: str) -> tuple[int, str]:
    done = subprocess.run(command(data, "--check", *arguments), capture_output=True, text=True, check=False, timeout=60)
    return done.returncode, done.stdout + done.stderr


class Running:
    """`deployflow pxe`, running."""

    def __init__(self, data: Path, *arguments: str) -> None:
        self.log = data / "pxe.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                command(data, *arguments),
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                preexec_fn=ends_with_this_process,  # noqa: PLW1509  the child only makes a system call
            )

    def said(self) -> str:
        return self.log.read_text()

    def dnsmasq(self) -> int | None:
        """Its dnsmasq, once that serves."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return int(children[0]) if children else None


@contextlib.contextmanager
def running(data: Path, *arguments: str) -> Iterator[Running]:
    one = Running(data, *arguments)
    try:
        yield one
    finally:
        one.process.kill()
        one.process.wait()


def fetch(name: str) -> bytes:
    """A file of at most one block over TFTP."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.settimeout(5)
        asking.sendto(b"\0\1" + name.encode() + b"\0octet\0", (ADDRESS, 69))
        answer = asking.recv(2048)
    return answer[4:] if answer[:2] == b"\0\3" else b"refused: " + answer[4:]


def test_on_a_network_without_a_dhcp_server_nothing_stops_it(network: Network, data: Path) -> None:
    code, said = check(data, *FULL)
    assert code == 0
    assert f"Nothing stops network boot on {BRIDGE}." in said
    assert "http://10.77.0.1:8480 does not answer" in said


def test_another_dhcp_server_stops_it_and_proxydhcp_is_named(network: Network, data: Path, tmp_path: Path) -> None:
    network.start_router(tmp_path, gives_addresses=True)
    until("the other server is found", lambda: "a DHCP server at 10.77.0.2" in check(data, *FULL)[1])
    code, said = check(data, *FULL)
    assert code == UNAVAILABLE
    assert "two would fight over the same machines. Use --proxy beside it" in said
    assert check(data, "--proxy")[0] == 0


@pytest.mark.parametrize(("port", "name"), [(67, "DHCP"), (69, "TFTP")])
def test_a_port_that_is_taken_is_said_with_who_has_it(network: Network, data: Path, port: int, name: str) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("", port))
        code, said = check(data, *FULL)
    assert code == UNAVAILABLE
    assert f"UDP port {port} ({name}) on {BRIDGE} is taken by" in said
    assert f"({os.getpid()}): stop it first" in said


def test_a_missing_loader_is_said_with_what_makes_it(network: Network, data: Path) -> None:
    (data / "boot" / "loaders" / "ipxe.efi").unlink()
    code, said = check(data, *FULL)
    assert code == UNAVAILABLE
    assert "lacks ipxe.efi: run `deployflow boot build`" in said


def test_an_interface_without_an_address_is_said(network: Network, data: Path) -> None:
    argv = [sys.executable, "-m", "deployflow", "pxe", "--interface", "uplink", "--proxy", "--data-dir", str(data)]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert "uplink has no IPv4 address: give it one first" in done.stderr


def test_it_serves_loaders_to_all_and_nothing_beside_them(network: Network, data: Path) -> None:
    (data / "secret").write_text("not yours")
    data.chmod(0o700)
    with running(data, *FULL) as pxe:
        until("dnsmasq serves", lambda: "IP range 10.77.0.100" in pxe.said() or "TFTP root" in pxe.said())
        assert fetch("ipxe.efi") == b"ipxe.efi"
        assert b"configfile" in fetch("grub/grub.cfg")
        for path in ("../secret", "../../secret", str(data / "secret"), "/etc/passwd"):
            assert fetch(path).startswith(b"refused"), path


def test_dnsmasq_is_started_again_when_it_dies(network: Network, data: Path) -> None:
    with running(data, *FULL) as pxe:
        until("dnsmasq serves", lambda: "TFTP root" in pxe.said())
        first = pxe.dnsmasq()
        assert first is not None
        os.kill(first, signal.SIGKILL)
        until("another one serves", lambda: pxe.said().count("TFTP root") == 2)
        assert pxe.dnsmasq() not in {None, first}
        assert "dnsmasq ended with -9; starting it again" in pxe.said()
        assert fetch("ipxe.efi") == b"ipxe.efi"


def test_one_that_cannot_start_is_given_up_with_its_words(network: Network, data: Path) -> None:
    (data / "pxe.leases").mkdir()
    with running(data, *FULL) as pxe:
        assert pxe.process.wait(60) == UNAVAILABLE
        assert "dnsmasq ended 3 times at once" in pxe.said()
        assert "leases" in pxe.said().splitlines()[-1]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_asked_to_end_it_leaves_nothing(network: Network, data: Path, number: int) -> None:
    with running(data, *FULL) as pxe:
        until("dnsmasq serves", lambda: "TFTP root" in pxe.said())
        child = pxe.dnsmasq()
        folder = Path(next(line for line in pxe.said().splitlines() if "TFTP root" in line).split()[-1])
        assert folder.exists()
        pxe.process.send_signal(number)
        assert pxe.process.wait(30) == 0
        assert not Path(f"/proc/{child}").exists()
        assert not folder.exists()


def test_what_a_killed_one_left_serving_is_ended_by_the_next(network: Network, data: Path) -> None:
    with running(data, *FULL) as killed:
        until("dnsmasq serves", lambda: "TFTP root" in killed.said())
        left = killed.dnsmasq()
    assert Path(f"/proc/{left}").exists()
    with running(data, *FULL) as pxe:
        until("another one serves", lambda: "TFTP root" in pxe.said())
        assert "ended 1 dnsmasq that an earlier run left behind" in pxe.said()
        assert not Path(f"/proc/{left}").exists()
        other = pxe.dnsmasq()
        assert check(data, *FULL)[0] == UNAVAILABLE, "the one that serves is no orphan"
        assert pxe.dnsmasq() == other
        pxe.process.terminate()
        assert pxe.process.wait(30) == 0
