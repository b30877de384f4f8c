"""R-13: many workers want the same actions, and each is handed out once."""

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from deployflow.actions import leasing
from deployflow.actions.leasing import Visit
from deployflow.actions.models import Action
from deployflow.platform.context import system_context
from deployflow.platform.runtime import Runtime
from tests.actions.conftest import Queue
from tests.factories import fleet
from tests.support.clients import Clients

WORKERS = 64
PER_DEVICE = 16
DEVICES = 12


async def test_64_workers_lease_each_action_exactly_once(
    runtime: Runtime, clients: Clients, queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    devices = [(await fleet.make_device(clients.db, clients.tenant_id)).id for _ in range(DEVICES)]
    for _ in range(PER_DEVICE):
        await queue(*devices)
    runs = {device_id: uuid4() for device_id in devices}
    taken: list[UUID] = []

    # A server has at most 20 connections; the workers stand in line for them as its tasks do.
    connections = asyncio.Semaphore(16)

    async def worker(number: int) -> None:
        device_id = devices[number % DEVICES]
        visit = Visit(device_id, runs[device_id], {}, 3)
        while True:
            async with connections, runtime.db.read(system_context()) as session:
                sight = (await leasing.look(session, [visit]))[device_id]
            if not sight.hand_out:
                return
            async with connections, runtime.db.write(system_context()) as session:
                given = await leasing.hand_out(runtime, session, {device_id: (visit, sight)})
            taken.extend(delivery.action_id for delivery in given.get(device_id, []))

    # The whole race is over before a hand-out is old enough to be repeated.
    monkeypatch.setattr(leasing, "REDELIVER_AFTER", timedelta(minutes=5))
    await asyncio.gather(*(worker(number) for number in range(WORKERS)))
    async with runtime.db.read(system_context()) as session:
        rows = (await session.execute(select(Action.id, Action.status, Action.fence))).all()
    assert {(status, fence) for _id, status, fence in rows} == {("leased", 1)}
    assert len(taken) == len(set(taken)) == len(rows) == DEVICES * PER_DEVICE
