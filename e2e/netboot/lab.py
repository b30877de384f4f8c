"""A whole installation for machines to boot from: server, `deployflow pxe`, and the boot environment, all real."""

import fcntl
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deployflow.boot.keys import load_or_make, public_pem

from netboot.namespaces import ADDRESS, BRIDGE, Network, ends_with_this_process
from support.console import Console
from support.waiting import until
from tests.support.server import ServerProcess

ROOT = Path(__file__).resolve().parents[2]
AGENTS = Path(os.environ.get("DEPLOYFLOW_TEST_AGENTS_DIR", ROOT / "agent" / "dist"))
# Packages are fetched once for a machine; the environment is built for each run, which then takes seconds.
CACHE = Path(os.environ.get("DEPLOYFLOW_TEST_BOOT_CACHE", "/var/cache/deployflow/netboot"))
SCRIPT = "/boot/v1/script"
ENVIRONMENT = "/boot/v1/environments/{environment_id}/{name}"
SESSIONS = "/boot/v1/sessions"


@dataclass(frozen=True)
class Environment:
    """The built boot environment, and the key of the server that it trusts."""

    folder: Path
    keys: Path


def build_environment(to: Path) -> Environment:
    """With a key of its own, as an installation would make it."""
    to.mkdir(parents=True, exist_ok=True)
    keys = to / "keys"
    (to / "server.pem").write_bytes(public_pem(load_or_make(keys)))
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "tests.lock").open("w") as lock:
        # Tests that run beside each other share the cache.
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = subprocess.run(
            [
                *(sys.executable, "-m", "deployflow", "boot", "build", "--data-dir", str(CACHE)),
                *("--out", str(to / "boot"), "--server-key", str(to / "server.pem"), "--compress", "zstd3"),
            ],
            env={**os.environ, "DEPLOYFLOW_AGENTS_DIR": str(AGENTS)},
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    print(done.stderr)
    return Environment(to / "boot", keys)


class Lab:
    """What the tests talk to."""

    def __init__(self, network: Network, server: ServerProcess, console: Console, folder: Path) -> None:
        self.network = network
        self.server = server
        self.console = console
        self.folder = folder
        self.site: dict[str, Any] = {}
        self._pxe: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """How machines reach the server."""
        return f"http://{ADDRESS}:{self.server.port}"

    def make_site(self, **fields: Any) -> None:
        """The one boot site."""
        given = {"name": "Berlin", "code": "BER", "trusted_network": True, "menu_timeout_s": 0, **fields}
        self.site = self.console.call("POST", "/boot-sites", given)

    def profile(self, name: str, tasks: Sequence[dict[str, Any]], **fields: Any) -> dict[str, Any]:
        made: dict[str, Any] = self.console.call("POST", "/profiles", {"name": name, "tasks": tasks, **fields})
        return made

    def serve_network(self, *, proxy: bool = False, secure_boot: bool = False) -> None:
        """Start `deployflow pxe`, and a router; with proxyDHCP the router gives the addresses."""
        self.network.start_router(self.folder, gives_addresses=proxy)
        how = ["--proxy"] if proxy else ["--range", "10.77.0.100,10.77.0.200"]
        how += ["--secure-boot"] if secure_boot else []
        with (self.folder / "pxe.log").open("wb") as log:
            self._pxe = subprocess.Popen(
                [
                    *(sys.executable, "-m", "deployflow", "pxe", "--interface", BRIDGE),
                    *("--data-dir", str(self.server.data_dir), "--server-url", self.url, "--site", self.site["key"]),
                    *how,
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=ends_with_this_process,  # noqa: PLW1509  the child only makes a system call
            )
        until("dnsmasq serves", lambda: "TFTP root" in self.pxe_said() or self._pxe_ended())

    def pxe_said(self) -> str:
        return (self.folder / "pxe.log").read_text(errors="replace")

    def loaders_sent(self) -> int:
        """How many files went over TFTP."""
        return len(re.findall(r"dnsmasq-tftp\S* sent /", self.pxe_said()))

    def _pxe_ended(self) -> bool:
        assert self._pxe is not None
        assert self._pxe.poll() is None, self.pxe_said()
        return False

    def answered(self, route: str) -> int:
        """How many requests of a route were answered with success so far."""
        return sum(
            line.get("event") == "request_answered" and line["route"] == route and line["status"] < 400
            for line in self.server.log_lines()
        )

    def sessions(self) -> list[dict[str, Any]]:
        return list(self.console.all("/boot-sessions"))

    def session(self) -> dict[str, Any] | None:
        """The newest session."""
        found = self.sessions()
        return max(found, key=lambda one: one["created_at"]) if found else None

    def deployment(self, deployment_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.console.call("GET", f"/deployments/{deployment_id}")
        return found

    def close(self) -> None:
        if self._pxe is not None:
            self._pxe.terminate()
            self._pxe.wait(30)


@contextmanager
def lab(network: Network, environment: Environment, folder: Path, **settings: str) -> Iterator[Lab]:
    """An installation on this network, with an administrator."""
    data = folder / "server"
    data.mkdir(parents=True)
    (data / "keys").mkdir(mode=0o700)
    shutil.copy2(environment.keys / "boot", data / "keys" / "boot")
    (data / "boot").symlink_to(environment.folder)
    server = ServerProcess(data_dir=data, host="0.0.0.0", agents_dir=str(AGENTS), **settings)  # noqa: S104  in a network of its own
    with server, Console.of_new_installation(server) as console:
        made = Lab(network, server, console, folder)
        try:
            yield made
        finally:
            made.close()
