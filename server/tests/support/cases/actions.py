"""Good requests to actions."""

from typing import Any

from tests.factories import fleet
from tests.support.cases.world import Call, World, case


async def _order(world: World) -> dict[str, Any]:
    device = await fleet.make_device(world.clients.db, world.tenant_id, os_family="linux")
    return {"device_ids": [str(device.id)], "kind": "refresh_inventory", "payload": {}}


async def _action(world: World) -> dict[str, Any]:
    made = await world.post("/actions", await _order(world))
    return {"action_id": made["items"][0]["id"]}


@case
async def queue_actions(world: World) -> Call:
    return Call(json=await _order(world), foreign=404)


@case
async def read_action(world: World) -> Call:
    return Call(await _action(world))


@case
async def read_log(world: World) -> Call:
    return Call(await _action(world))


@case
async def download_log(world: World) -> Call:
    return Call(await _action(world))


@case
async def cancel_action(world: World) -> Call:
    return Call(await _action(world))


@case
async def run_action_again(world: World) -> Call:
    path = await _action(world)
    await world.post(f"/actions/{path['action_id']}/cancel")
    return Call(path)
