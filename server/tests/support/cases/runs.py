"""Good requests to runs."""

from typing import Any
from uuid import UUID

from sqlalchemy import update

from deployflow.actions.models import Action
from deployflow.actions.states import Status
from deployflow.platform.context import system_context
from tests.support.cases.groups import device_id
from tests.support.cases.world import Call, World, case


async def _order(world: World) -> dict[str, Any]:
    return {"targets": {"device_ids": [await device_id(world)]}, "kind": "refresh_inventory"}


async def _run(world: World) -> dict[str, str]:
    return {"run_id": (await world.post("/runs", await _order(world)))["id"]}


@case
async def start_run(world: World) -> Call:
    return Call(json=await _order(world), foreign=404)


@case
async def preview_run(world: World) -> Call:
    return Call(json=await _order(world), foreign=404)


@case
async def get_run(world: World) -> Call:
    return Call(await _run(world))


@case
async def get_run_grid(world: World) -> Call:
    return Call(await _run(world))


@case
async def get_run_order(world: World) -> Call:
    return Call(await _run(world))


@case
async def cancel_run(world: World) -> Call:
    return Call(await _run(world))


@case
async def retry_run(world: World) -> Call:
    path = await _run(world)
    await world.post(f"/runs/{path['run_id']}/cancel")
    async with world.clients.db.write(system_context()) as session:
        await session.execute(
            update(Action).where(Action.batch_id == UUID(path["run_id"])).values(status=Status.FAILED)
        )
    return Call(path)
