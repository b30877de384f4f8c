"""Runs dnsmasq for network boot: looks for what would stop it, then keeps it running."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import FrameType
from urllib.error import URLError
from urllib.request import urlopen

from deployflow.boot import loaders, networks
from deployflow.boot.dnsmasq import Service, configuration
from deployflow.boot.grub import first_configuration
from deployflow.boot.tools import BootToolFailed, program

DHCP_PORT, TFTP_PORT, PROXY_PORT = 67, 69, 4011
# One that ends sooner has not worked at all.
WORKED_S = 5.0
TRIES = 3
RESTART_AFTER_S = 1.0
_PREFIX = "deployflow-pxe-"
_OURS = f"/{_PREFIX}".encode()


def hindrances(service: Service, loader_folder: Path) -> list[str]:
    """What would stop it, each with what to do. Needs root."""
    found = []
    if lacking := loaders.missing(loader_folder):
        found.append(f"{loader_folder} lacks {', '.join(lacking)}: run `deployflow boot build`")
    for port, name in ((DHCP_PORT, "DHCP"), (TFTP_PORT, "TFTP"), *_more_ports(service)):
        if not networks.port_is_free(port, interface=service.interface):
            users = ", ".join(networks.users_of_port(port)) or "another program"
            found.append(f"UDP port {port} ({name}) on {service.interface} is taken by {users}: stop it first")
    # Who listens on 67 here would answer too, and is named already.
    if service.addresses is not None and networks.port_is_free(DHCP_PORT, interface=service.interface):
        found += [
            f"a DHCP server at {server} already gives addresses on {service.interface}: two would fight over the same"
            " machines. Use --proxy beside it, or turn it off"
            for server in networks.dhcp_servers(service.interface)
        ]
    return found


def warnings(service: Service) -> list[str]:
    """What works without, and should not be so."""
    try:
        with urlopen(f"{service.server_url}/healthz", timeout=5):  # noqa: S310  http or https, by the settings
            return []
    except (URLError, OSError, ValueError) as error:
        reason = error.reason if isinstance(error, URLError) else error
        return [f"{service.server_url} does not answer ({reason}): start the server, or name it with --server-url"]


def _more_ports(service: Service) -> list[tuple[int, str]]:
    return [(PROXY_PORT, "proxyDHCP")] if service.addresses is None else []


@contextmanager
def tftp_folder(service: Service, loader_folder: Path) -> Iterator[Service]:
    """A folder with the loaders that dnsmasq, which is nobody, can read; it goes at the end."""
    with tempfile.TemporaryDirectory(prefix=_PREFIX) as made:
        folder = Path(made)
        folder.chmod(0o755)
        for name in loaders.FILES:
            shutil.copyfile(loader_folder / name, folder / name)
        (folder / "grub").mkdir()
        (folder / "grub" / "grub.cfg").write_text(first_configuration(service), "utf-8")
        for path in folder.rglob("*"):
            path.chmod(0o755 if path.is_dir() else 0o644)
        yield replace(service, tftp_root=folder)


class Dnsmasq:
    """dnsmasq in the foreground, started again when it ends by itself."""

    def __init__(self, service: Service, say: Callable[[str], None]) -> None:
        self._say = say
        self._program = program("dnsmasq", "dnsmasq-base")
        self._file = service.tftp_root.with_name(f"{service.tftp_root.name}.conf")
        self._text = configuration(service)
        self._process: subprocess.Popen[str] | None = None
        self._stopping = threading.Event()
        self._last_words: deque[str] = deque(maxlen=3)

    def run(self) -> None:
        """Until SIGTERM or SIGINT.

        Raises:
            BootToolFailed: it does not stay.
        """
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        self._file.write_text(self._text)
        failures = 0
        try:
            while not self._stopping.is_set():
                began = time.monotonic()
                code = self._run_once()
                if self._stopping.is_set():
                    break
                failures = failures + 1 if time.monotonic() - began < WORKED_S else 1
                said = " / ".join(self._last_words) or "nothing"
                if failures >= TRIES:
                    raise BootToolFailed(f"dnsmasq ended {failures} times at once (exit code {code}); it said: {said}")
                self._say(f"dnsmasq ended with {code}; starting it again")
                self._stopping.wait(RESTART_AFTER_S)
        finally:
            self._file.unlink(missing_ok=True)

    def _run_once(self) -> int:
        self._process = subprocess.Popen(  # noqa: S603  its own configuration
            [self._program, "--keep-in-foreground", f"--conf-file={self._file}", "--log-facility=-"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._last_words.append(line.strip().removeprefix("dnsmasq: "))
            sys.stdout.write(line)
            sys.stdout.flush()
        return self._process.wait()

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stopping.set()
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.terminate()


def end_orphans() -> list[int]:
    """End what a `deployflow pxe` that was killed left serving. Gives their ids.

    dnsmasq drops root, and with it the kernel's promise to end it with its parent.
    """
    found = []
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        with contextlib.suppress(OSError):
            words = (folder / "cmdline").read_bytes().split(b"\0")
            if words[0].endswith(b"dnsmasq") and any(_OURS in word for word in words) and not _has_parent(folder):
                os.kill(int(folder.name), signal.SIGTERM)
                found.append(int(folder.name))
    return found


def _has_parent(process: Path) -> bool:
    parent = (process / "stat").read_text().rsplit(")", 1)[1].split()[1]
    return b"pxe" in Path(f"/proc/{parent}/cmdline").read_bytes().split(b"\0")


def needs_root() -> None:
    """See that we may serve DHCP.

    Raises:
        BootToolFailed: we may not.
    """
    if os.geteuid() != 0:
        raise BootToolFailed("serving DHCP and TFTP needs root: run it with sudo, or as a system service")
