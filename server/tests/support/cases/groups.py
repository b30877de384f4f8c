"""Good requests to groups, and to many devices at once."""

from tests.factories import fleet
from tests.support.cases.world import Call, World, case

PILOT = {"match": "all", "rules": [{"field": "tag", "op": "eq", "value": "pilot"}]}


async def device_id(world: World) -> str:
    return str((await fleet.make_device(world.clients.db, world.tenant_id)).id)


async def _group(world: World) -> dict[str, str]:
    name = f"Group {await device_id(world)}"
    return {"group_id": (await world.post("/device-groups", {"name": name}))["id"]}


@case
async def create_device_group(world: World) -> Call:
    mine = await device_id(world)
    return Call(json={"name": f"Room of {mine}", "device_ids": [mine]}, foreign=404)


@case
async def get_device_group(world: World) -> Call:
    return Call(await _group(world))


@case
async def change_device_group(world: World) -> Call:
    return Call(await _group(world), {"description": "First floor"})


@case
async def delete_device_group(world: World) -> Call:
    return Call(await _group(world))


@case
async def change_group_members(world: World) -> Call:
    return Call(await _group(world), {"add": [await device_id(world)]})


@case
async def count_devices(world: World) -> Call:
    return Call(json={"device_ids": [await device_id(world)]}, foreign=404)


@case
async def edit_devices(world: World) -> Call:
    return Call(json={"targets": {"device_ids": [await device_id(world)]}, "add_tags": ["lab"]}, foreign=404)
