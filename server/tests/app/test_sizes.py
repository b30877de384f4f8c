"""SQLite's planner knows how big the tables are. Untold, a page of fifty devices costs as much as all of them."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from deployflow.app import registry
from deployflow.app.main import prepare
from deployflow.devices import queries
from deployflow.devices.models import Device, DeviceTag
from deployflow.devices.states import DeviceState
from deployflow.platform import clock
from deployflow.platform.context import Actor, Context, system_context
from deployflow.platform.db import Database
from deployflow.platform.ids import new_id
from deployflow.platform.paging import ListParams
from tests.conftest import BACKEND
from tests.factories import identity as people

pytestmark = pytest.mark.skipif(BACKEND != "sqlite", reason="PostgreSQL finds out by itself")

DEVICES = 3000
TAGS = ("floor-2", "laptop", "pilot")
# Instructions of SQLite's machine between two calls of the counter.
EVERY = 100


async def a_fleet(db: Database) -> UUID:
    """A tenant with many devices that have tags."""
    tenant = await people.make_tenant(db)
    seen = clock.now()
    rows = [
        {
            "id": new_id(),
            "tenant_id": tenant.id,
            "hostname": f"PC-{number:05}",
            "state": DeviceState.ACTIVE,
            "key_protection": "file",
            "last_check_in": seen - timedelta(seconds=number),
        }
        for number in range(DEVICES)
    ]
    tags = [{"tenant_id": tenant.id, "device_id": row["id"], "tag": tag} for row in rows for tag in TAGS]
    async with db.write(system_context()) as session:
        await session.execute(insert(Device), rows)
        await session.execute(insert(DeviceTag), tags)
    return tenant.id


async def cost_of_a_page(db: Database, tenant_id: UUID) -> int:
    """Instructions that SQLite's machine runs for a page of fifty devices."""
    counted = 0

    def count() -> int:
        nonlocal counted
        counted += EVERY
        return 0

    async with db.read(Context(actor=Actor("user", None, "Ada"), tenant_id=tenant_id)) as session:
        connection = await _driver_connection(session)
        await connection.set_progress_handler(count, EVERY)
        try:
            page = await queries.page(session, ListParams(limit=50, sort=("hostname",)))
        finally:
            await connection.set_progress_handler(None, EVERY)
    assert [len(item.tags) for item in page.items] == [len(TAGS)] * 50
    return counted


async def _driver_connection(session: AsyncSession) -> Any:
    return (await (await session.connection()).get_raw_connection()).driver_connection


class TestThePlannerKnowsTheSizes:
    async def test_a_page_costs_a_tenth_also_on_a_connection_that_was_open_before(self, db: Database) -> None:
        await db.learn_sizes()
        tenant_id = await a_fleet(db)
        untold = await cost_of_a_page(db, tenant_id)
        await db.learn_sizes()
        assert await cost_of_a_page(db, tenant_id) < untold / 10

    async def test_a_server_learns_them_when_it_starts(self, app: FastAPI) -> None:
        tenant_id = await a_fleet(app.state.db)
        untold = await cost_of_a_page(app.state.db, tenant_id)
        app.state.prepared = False
        await prepare(app)
        assert await cost_of_a_page(app.state.db, tenant_id) < untold / 10

    async def test_a_server_that_runs_learns_them_now_and_then(self, app: FastAPI) -> None:
        tenant_id = await a_fleet(app.state.db)
        untold = await cost_of_a_page(app.state.db, tenant_id)
        (task,) = (one for one in registry.periodic_work(app.state.runtime) if one.name == "learn_sizes")
        await task.run()
        assert await cost_of_a_page(app.state.db, tenant_id) < untold / 10
        assert task.every <= timedelta(minutes=10)
