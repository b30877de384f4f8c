"""The ledger under test, called as the check-in, the reports and the sweep call it."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import delete, select

from deployflow.actions import leasing, reporting, service
from deployflow.actions.leasing import Delivery, Sight, Visit
from deployflow.actions.models import Action, ActionLog
from deployflow.actions.reporting import Call, Receipt
from deployflow.actions.schemas import Report
from deployflow.actions.tasks import Sweeps
from deployflow.app.registry import assemble
from deployflow.platform import clock
from deployflow.platform.context import system_context
from deployflow.platform.runtime import Runtime
from deployflow.platform.settings import Settings
from tests.actions.conftest import admin_context
from tests.factories import fleet
from tests.factories import identity as people

LEASE = timedelta(minutes=5)
AGO = timedelta(seconds=10)
REPORT: TypeAdapter[Any] = TypeAdapter(Report)
T = TypeVar("T")


@dataclass(frozen=True)
class Chunk:
    """A piece of output as it is kept."""

    action_id: UUID
    seq: int
    text: str


class World:
    """A ledger on a database that all lives of one test share."""

    def __init__(self, settings: Settings) -> None:
        self._runner = asyncio.Runner()
        self.runtime: Runtime = assemble(settings)
        self.tenant_id = self._run(people.make_tenant(self.runtime.db)).id

    def close(self) -> None:
        self._run(self.runtime.close())
        self._runner.close()

    def new_device(self) -> UUID:
        return self._run(fleet.make_device(self.runtime.db, self.tenant_id)).id

    def order(self, device_id: UUID) -> list[UUID]:
        async def work() -> list[UUID]:
            async with self.runtime.db.write(admin_context(self.tenant_id)) as session:
                order = await service.queue(
                    session,
                    device_ids=[device_id],
                    kind="refresh_inventory",
                    payload={},
                    may=lambda _permission: True,
                    expires_in=timedelta(days=1),
                )
                return [item.id for item in order.items]

        return self._run(work())

    def cancel(self, action_id: UUID) -> None:
        async def work() -> None:
            async with self.runtime.db.write(admin_context(self.tenant_id)) as session:
                await service.cancel(session, action_id)

        self._run(work())

    def look(self, visit: Visit) -> Sight:
        async def work() -> Sight:
            async with self.runtime.db.read(system_context()) as session:
                return (await leasing.look(session, [visit]))[visit.device_id]

        return self._run(work())

    def hand_out(self, visit: Visit, sight: Sight) -> list[Delivery]:
        async def work() -> list[Delivery]:
            async with self.runtime.db.write(system_context()) as session:
                given = await leasing.hand_out(self.runtime, session, {visit.device_id: (visit, sight)})
                held = [(action_id, visit.device_id) for action_id in visit.running]
                await leasing.renew(session, held, until=clock.now() + LEASE)
                return given.get(visit.device_id, [])

        return self._run(work())

    def hand_back(self, deliveries: list[Delivery]) -> None:
        async def work() -> None:
            async with self.runtime.db.write(system_context()) as session:
                await leasing.hand_back(session, {delivery.action_id: delivery.fence for delivery in deliveries})

        self._run(work())

    def record(self, device_id: UUID, reports: list[dict[str, Any]]) -> Receipt:
        call = Call(device_id, [REPORT.validate_python(report) for report in reports])

        async def work() -> Receipt:
            async with self.runtime.db.write(system_context()) as session:
                return (await reporting.record(session, [call], lease=LEASE))[0]

        return self._run(work())

    def set_back(self, action_id: UUID, *moments: str) -> None:
        """Let these moments of an action be over, those that it has."""

        async def work() -> None:
            async with self.runtime.db.write(system_context()) as session:
                action = await session.get_one(Action, action_id)
                for moment in moments:
                    if getattr(action, moment) is not None:
                        setattr(action, moment, clock.now() - AGO)

        self._run(work())

    def sweep(self) -> None:
        sweeps = Sweeps(self.runtime)
        sweeps._leases_from = clock.now()
        self._run(sweeps.sweep())

    def rows(self, device_id: UUID) -> dict[UUID, Action]:
        async def work() -> dict[UUID, Action]:
            async with self.runtime.db.read(system_context()) as session:
                found = await session.scalars(select(Action).where(Action.device_id == device_id))
                return {action.id: action for action in found}

        return self._run(work())

    def output(self, action_ids: list[UUID]) -> list[Chunk]:
        async def work() -> list[Chunk]:
            async with self.runtime.db.read(system_context()) as session:
                rows = await session.scalars(select(ActionLog).where(ActionLog.action_id.in_(action_ids)))
                return [Chunk(row.action_id, row.seq, row.text) for row in rows]

        return self._run(work())

    def forget(self, device_id: UUID) -> None:
        async def work() -> None:
            async with self.runtime.db.write(system_context()) as session:
                await session.execute(delete(Action).where(Action.device_id == device_id))

        self._run(work())

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return self._runner.run(work)
