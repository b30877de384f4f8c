"""A rack of machines before a listening server: sites, profiles that can be deployed, and people who approve."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx2
from sqlalchemy import select

from deployflow.app.simulation.client import AgentClient, ServerAddress
from deployflow.app.simulation.engine import run
from deployflow.app.simulation.machine import NetbootMachine, facts_of, read_server_key
from deployflow.boot.keys import BootKey
from deployflow.boot.models import BootSite
from deployflow.identity import cookies
from deployflow.platform.context import system_context
from deployflow.platform.storage import content_store
from tests.factories import identity as people
from tests.factories import library
from tests.support.clients import SAME_ORIGIN
from tests.support.live import Live

ANY_VERSION = {"If-Match": "*"}
IMAGE = os.urandom(300_000)
TASKS: list[dict[str, Any]] = [
    {"type": "disk_prep", "name": "Partition"},
    {"type": "apply_image", "name": "Windows"},
    {"type": "inject_configuration", "name": "Answers", "configuration": {"unattend": {}}},
]
IN_OS: dict[str, Any] = {
    "type": "script",
    "name": "Join the list",
    "configuration": {"where": "os", "language": "powershell", "body": "Write-Output 1\n"},
}


@dataclass(slots=True)
class Console:
    """A person at the console of an organisation."""

    client: httpx2.AsyncClient

    async def get(self, path: str, **query: Any) -> Any:
        return self._ok(await self.client.get(f"/api/v1{path}", params=query))

    async def post(self, path: str, body: Any = None) -> Any:
        return self._ok(await self.client.post(f"/api/v1{path}", json=body or {}, headers=ANY_VERSION))

    async def change(self, path: str, body: Any) -> Any:
        return self._ok(await self.client.patch(f"/api/v1{path}", json=body, headers=ANY_VERSION))

    async def refused(self, method: str, path: str, body: Any = None) -> tuple[int, str]:
        """Status and code of what is not done."""
        answer = await self.client.request(method, f"/api/v1{path}", json=body or {}, headers=ANY_VERSION)
        assert not answer.is_success, answer.text
        return answer.status_code, answer.json()["code"]

    @staticmethod
    def _ok(answer: httpx2.Response) -> Any:
        assert answer.is_success, answer.text
        return answer.json()


@dataclass(slots=True)
class Rack:
    """A site of one organisation and the machines in it."""

    live: Live
    tenant_id: UUID
    site: BootSite
    console: Console
    profile: dict[str, Any]
    image_sha256: str
    machines: list[NetbootMachine] = field(default_factory=list)
    people: list[Console] = field(default_factory=list)

    def machine(self, number: int = 1, **facts: Any) -> NetbootMachine:
        made = NetbootMachine(
            ServerAddress.of(self.live.url),
            read_server_key(self.live.runtime.part(BootKey).public_pem),
            facts_of(number, **facts),
            site_key=self.site.key,
        )
        self.machines.append(made)
        return made

    async def person(self, *permissions: str, built_in: str | None = None, stepped_up: bool = True) -> Console:
        """Another one of the organisation, at a browser of their own."""
        made = await sign_in(self.live, self.tenant_id, *permissions, built_in=built_in, stepped_up=stepped_up)
        self.people.append(made)
        return made

    async def make_profile(self, name: str, tasks: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
        made: dict[str, Any] = await self.console.post(
            "/profiles",
            {
                "name": name,
                "tasks": tasks,
                "os_image_id": self.profile["os_image"]["id"] if self.profile else None,
                "edition_index": 2,
                "computer_naming_pattern": "{site}-{seq:4}",
                **more,
            },
        )
        return made

    async def arm(self, machine: NetbootMachine, **more: Any) -> dict[str, Any]:
        armed: dict[str, Any] = await self.console.post(
            "/deployments",
            {
                "profile_id": self.profile["id"],
                "machine": {
                    "mac": machine.mac,
                    "smbios_uuid": machine.facts["smbios_uuid"],
                    "serial": machine.facts["serial"],
                    "manufacturer": machine.facts["manufacturer"],
                },
                **more,
            },
        )
        return armed

    async def approve(self, machine: NetbootMachine, **more: Any) -> dict[str, Any]:
        approved: dict[str, Any] = await self.console.post(
            f"/boot-sessions/{machine.session_id}/approve",
            {"code": machine.code, "profile_id": self.profile["id"], **more},
        )
        return approved

    async def start(self, machine: NetbootMachine, **more: Any) -> str:
        """Through the approval by code to the plan; gives the deployment's id."""
        await machine.begin()
        await self.approve(machine, **more)
        await machine.wait()
        assert machine.plan is not None
        return str(machine.deployment_id)

    async def deploy(self, machine: NetbootMachine, **more: Any) -> str:
        """Through the whole boot phase; gives the deployment's id."""
        deployment_id = await self.start(machine)
        assert await run(machine, **more) == "succeeded"
        return deployment_id

    async def deployment(self, deployment_id: str | UUID | None) -> dict[str, Any]:
        found: dict[str, Any] = await self.console.get(f"/deployments/{deployment_id}")
        return found

    async def state(self, deployment_id: str | UUID | None) -> str:
        state: str = (await self.deployment(deployment_id))["state"]
        return state

    async def close(self) -> None:
        for machine in self.machines:
            machine.close()
        for console in (self.console, *self.people):
            await console.client.aclose()


async def sign_in(
    live: Live, tenant_id: UUID, *permissions: str, built_in: str | None = None, stepped_up: bool = True
) -> Console:
    """A person with these permissions, at a browser of their own."""
    user = await people.signed_in_user(
        live.app.state.db, tenant_id, *permissions, built_in=built_in, stepped_up=stepped_up
    )
    client = httpx2.AsyncClient(
        base_url=live.url, headers=SAME_ORIGIN, cookies={cookies.PLAIN_NAME: user.token}, timeout=60
    )
    return Console(client)


async def make_rack(live: Live, *, name: str = "Contoso") -> Rack:
    """An organisation with one site and one profile, whose image lies in the store."""
    database = live.app.state.db
    tenant = await people.make_tenant(database, name=name)
    with live.runtime.part(content_store).new_file() as file:
        file.write(IMAGE)
        kept = file.keep()
    image = await library.make_image(database, tenant.id, content_sha256=kept.sha256, content_bytes=kept.size_bytes)
    async with database.write(system_context(tenant.id)) as session:
        site = (await session.scalars(select(BootSite))).one()
        site.trusted_network = True
    rack = Rack(live, tenant.id, site, await sign_in(live, tenant.id, built_in="owner"), {}, kept.sha256)
    made = await rack.make_profile("Office PC", [*TASKS], os_image_id=str(image.id))
    rack.profile = made
    return rack


async def finish_in_os(agent: AgentClient, *, outcome: str = "succeeded", report: bool = True) -> dict[str, Any]:
    """The installed agent takes `finish_deployment`, does its steps, and reports the end. Gives the payload."""
    answer = await agent.check_in(max_wait_s=5)
    while not answer["actions"]:
        answer = await agent.check_in(max_wait_s=5)
    (action,) = answer["actions"]
    assert action["kind"] == "finish_deployment"
    payload: dict[str, Any] = action["payload"]
    of_action = {"action_id": action["action_id"], "fence": action["fence"], "at": "2026-11-24T13:00:00Z"}
    await agent.report([{"type": "started", **of_action}])
    seq = 0
    for task in payload["tasks"] if report else ():
        position = task["position"]
        error = None if outcome == "succeeded" else {"code": "script_failed", "message": "It ended with 1."}
        reports = [
            {"type": "step_started", "position": position, "attempt": 1},
            {"type": "log", "position": position, "stream": "out", "text": "hello\r\n"},
            {"type": "step_finished", "position": position, "attempt": 1, "outcome": outcome, "error": error},
        ]
        numbered = [{"seq": seq + place, "at": of_action["at"], **one} for place, one in enumerate(reports)]
        seq += len(reports)
        await agent.report_deployment(payload["deployment_id"], numbered)
    error = None if outcome == "succeeded" else {"code": "step_failed", "message": "A step failed."}
    await agent.report([{"type": "finished", **of_action, "outcome": outcome, "error": error, "exit_code": None}])
    return payload


Step = Callable[[dict[str, Any]], None]
