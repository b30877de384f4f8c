"""Fixtures of the ledger's tests: a device with a key, and orders for it."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from deployflow.actions import leasing, service
from deployflow.actions.leasing import Delivery, Sight, Visit
from deployflow.actions.models import Action
from deployflow.actions.service import Order
from deployflow.platform.context import Actor, Context, system_context
from deployflow.platform.runtime import Runtime
from tests.factories import fleet
from tests.support.clients import Clients
from tests.support.machines import Machine

Queue = Callable[..., Awaitable[list[UUID]]]


def admin_context(tenant_id: UUID) -> Context:
    return Context(actor=Actor("user", None, "Ada"), tenant_id=tenant_id)


@pytest.fixture
async def machine(clients: Clients) -> Machine:
    made = Machine(app=clients.app)
    await fleet.make_device(clients.db, clients.tenant_id, machine=made, os_family="linux", hostname="PC-1")
    return made


@pytest.fixture
def runtime(clients: Clients) -> Runtime:
    found: Runtime = clients.app.state.runtime
    return found


@pytest.fixture
def queue(clients: Clients) -> Queue:
    """`await queue(device_id, …)`: queue on devices of the test's tenant and give the ids of the actions."""

    async def order(*device_ids: UUID | None, kind: str = "refresh_inventory", **payload: Any) -> list[UUID]:
        async with clients.db.write(admin_context(clients.tenant_id)) as session:
            made: Order = await service.queue(
                session,
                device_ids=[device_id for device_id in device_ids if device_id],
                kind=kind,
                payload=payload,
                may=lambda _permission: True,
                expires_in=timedelta(days=1),
            )
        return [item.id for item in made.items]

    return order


async def lease(
    runtime: Runtime, device_id: UUID | None, *, free_slots: int = 16, run_id: UUID | None = None, **running: int
) -> list[Delivery]:
    """One look and hand-out, as the check-in does it."""
    visit = visit_of(device_id, free_slots=free_slots, run_id=run_id, **running)
    sight = await look(runtime, visit)
    async with runtime.db.write(system_context()) as session:
        given = await leasing.hand_out(runtime, session, {visit.device_id: (visit, sight)})
    return given.get(visit.device_id, [])


def visit_of(device_id: UUID | None, *, free_slots: int = 16, run_id: UUID | None = None, **running: int) -> Visit:
    assert device_id is not None
    return Visit(device_id, run_id or uuid4(), {UUID(key): fence for key, fence in running.items()}, free_slots)


async def look(runtime: Runtime, visit: Visit) -> Sight:
    async with runtime.db.read(system_context()) as session:
        return (await leasing.look(session, [visit]))[visit.device_id]


async def row(runtime: Runtime, action_id: UUID | str) -> Action:
    async with runtime.db.read(system_context()) as session:
        return (await session.scalars(select(Action).where(Action.id == UUID(str(action_id))))).one()
