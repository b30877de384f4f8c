"""A server with a boot site, and machines that boot there."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from deployflow.boot.keys import load_or_make, public_pem

from engine.machine import BootedMachine
from support.agent import PROGRAM
from support.console import Console
from support.waiting import until
from tests.support.server import ServerProcess

ENDED = frozenset({"succeeded", "failed", "aborted", "expired", "denied", "awaiting_first_boot"})


@dataclass
class Site:
    """What the tests talk to."""

    server: ServerProcess
    console: Console
    row: dict[str, Any]
    folder: Path
    _count: int = field(default=0)

    def machine(self, *arguments: str, url: str | None = None, **environment: str) -> BootedMachine:
        """One that was never seen before."""
        self._count += 1
        key = public_pem(load_or_make(self.server.data_dir / "keys"))
        site = ("--site", self.row["key"])
        folder = self.folder / f"machine-{self._count}"
        return BootedMachine(folder, url or self.server.url, key, *site, *arguments, **environment)

    def profile(self, *tasks: dict[str, Any], **fields: Any) -> dict[str, Any]:
        self._count += 1
        made: dict[str, Any] = self.console.call(
            "POST", "/profiles", {"name": f"Profile {self._count}", "tasks": list(tasks), **fields}
        )
        return made

    def arm(self, machine: BootedMachine, profile: dict[str, Any]) -> str:
        """Let it in by itself; gives the deployment's id."""
        wanted = {"mac": machine.mac, "smbios_uuid": str(machine.uuid)}
        armed = self.console.call("POST", "/deployments", {"machine": wanted, "profile_id": profile["id"], "hours": 1})
        deployment_id: str = armed["id"]
        return deployment_id

    def session_of(self, machine: BootedMachine, state: str = "waiting") -> dict[str, Any]:
        """Its session in a state, once it is there."""

        def found() -> dict[str, Any] | None:
            every = self.console.all("/boot-sessions")
            return next((one for one in every if one["state"] == state and machine.mac in str(one)), None)

        return until(f"a session is {state}", found)

    def deployment(self, deployment_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.console.call("GET", f"/deployments/{deployment_id}")
        return found

    def order(self, deployment_id: str, verb: str) -> None:
        """`retry` or `abort`, by somebody who sees it as it is now."""
        version = self.deployment(deployment_id)["version"]
        self.console.call("POST", f"/deployments/{deployment_id}/{verb}", {}, version=version)

    def end_of(self, deployment_id: str, within_s: float = 90) -> dict[str, Any]:
        def there() -> dict[str, Any] | None:
            found = self.deployment(deployment_id)
            return found if found["state"] in ENDED else None

        return until("the deployment has ended", there, within_s=within_s)

    def output_of(self, deployment_id: str) -> str:
        """All that its steps printed."""
        log = self.console.call("GET", f"/deployments/{deployment_id}/log", limit=500)
        return "".join(piece["text"] for piece in log["pieces"] if piece["stream"] != "engine")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """An installation with one boot site, where nothing happens by itself."""
    if not PROGRAM.exists():
        pytest.skip(f"{PROGRAM} is not built. Build it with: make agent")
    folder = tmp_path_factory.mktemp("engine")
    with ServerProcess(data_dir=folder / "server") as server, Console.of_new_installation(server) as console:
        fields = {"name": "Berlin", "code": "BER", "trusted_network": True, "unknown_machines": "wait"}
        yield Site(server, console, console.call("POST", "/boot-sites", fields), folder)
