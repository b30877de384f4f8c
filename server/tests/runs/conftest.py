"""Fixtures of the runs' tests: a fleet of devices, and hands that work on what they are given."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest
from httpx2 import AsyncClient

from deployflow.actions import leasing, reporting
from deployflow.actions.leasing import Delivery, Visit
from deployflow.actions.schemas import Finished
from deployflow.devices.models import Device
from deployflow.platform import clock
from deployflow.platform.context import system_context
from deployflow.platform.ids import new_id
from deployflow.platform.runtime import Runtime
from deployflow.runs.tasks import Conductor
from tests.factories.fleet import make_device
from tests.support.clients import Clients

Make = Callable[..., Awaitable[list[UUID]]]
PATH = "/api/v1/runs"
ALL = {"filter": {"rules": [{"field": "hostname", "op": "starts_with", "value": "PC-"}]}}


@pytest.fixture
def runtime(clients: Clients) -> Runtime:
    found: Runtime = clients.app.state.runtime
    return found


@pytest.fixture
async def admin(clients: Clients) -> AsyncClient:
    return await clients.signed_in(
        "actions:read", "actions:run", "actions:cancel", "devices:read", "devices:write", "scripts:write"
    )


@pytest.fixture
def make(clients: Clients) -> Make:
    """`await make(3, online=True)`: devices PC-00, PC-01, … of the test's tenant; a second call goes on counting."""
    made = 0

    async def devices(count: int, **fields: Any) -> list[UUID]:
        nonlocal made
        ids = []
        for _ in range(count):
            name = fields.get("hostname", f"PC-{made:02}")
            device: Device = await make_device(
                clients.db,
                clients.tenant_id,
                **{"online": True, "os_family": "linux", "last_check_in": clock.now(), **fields, "hostname": name},
            )
            ids.append(device.id)
            made += 1
        return ids

    return devices


class Hands:
    """All devices at once: fetch what there is, and report how it ended."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._run_id = new_id()
        self._have: dict[UUID, dict[UUID, int]] = {}

    async def fetch(self, *device_ids: UUID) -> dict[UUID, list[Delivery]]:
        visits = [Visit(device_id, self._run_id, self._have.setdefault(device_id, {}), 16) for device_id in device_ids]
        async with self._runtime.db.read(system_context()) as session:
            sights = await leasing.look(session, visits)
        async with self._runtime.db.write(system_context()) as session:
            given = await leasing.hand_out(
                self._runtime, session, {visit.device_id: (visit, sights[visit.device_id]) for visit in visits}
            )
        for device_id, deliveries in given.items():
            self._have[device_id].update({delivery.action_id: delivery.fence for delivery in deliveries})
        return given

    async def finish(self, device_id: UUID, given: Delivery, outcome: str = "succeeded", **more: Any) -> None:
        self._have[device_id].pop(given.action_id)
        report = Finished(
            type="finished",
            action_id=given.action_id,
            fence=given.fence,
            at=clock.now(),
            outcome=outcome,  # type: ignore[arg-type]
            **more,
        )
        async with self._runtime.db.write(system_context()) as session:
            lease = self._runtime.settings.lease
            await reporting.record(session, [reporting.Call(device_id, [report])], lease=lease)

    async def do(self, *device_ids: UUID, outcome: str = "succeeded", **more: Any) -> list[UUID]:
        """Fetch and finish whatever there is; gives the devices that had something."""
        given = await self.fetch(*device_ids)
        for device_id, deliveries in given.items():
            for delivery in deliveries:
                await self.finish(device_id, delivery, outcome, **more)
        return sorted(given)


@pytest.fixture
def hands(runtime: Runtime) -> Hands:
    return Hands(runtime)


@pytest.fixture
def conduct(runtime: Runtime) -> Callable[[], Awaitable[None]]:
    """Let the runs go on, as the periodic work does: a process that has just started sees all of them."""

    async def go_on() -> None:
        await Conductor(runtime).go_on()

    return go_on
