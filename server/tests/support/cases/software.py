"""Good requests to the software library."""

from itertools import count
from typing import Any

from tests.factories import fleet, software
from tests.support.cases.world import Call, World, case
from tests.support.machines import Machine
from tests.support.uploading import upload

_number = count(1)
_DEFINITION: dict[str, Any] = {"os_family": "linux", "install_command": "apt-get install -y curl"}


async def _item(world: World) -> dict[str, Any]:
    item, _version = await software.make_software(world.clients.db, world.tenant_id, name=f"Case {next(_number)}")
    return {"software_id": item.id}


async def _bundle(world: World) -> dict[str, Any]:
    item = await _item(world)
    name = f"Case {next(_number)}"
    made = await software.make_bundle(world.clients.db, world.tenant_id, item["software_id"], name=name)
    return {"bundle_id": made.id}


async def _installer(world: World) -> dict[str, Any]:
    return {"installer_id": (await software.make_installer(world.clients.db, world.tenant_id)).id}


@case
async def create_software(world: World) -> Call:
    assert world
    return Call(json={"name": f"Case {next(_number)}", "definition": _DEFINITION}, foreign=None)


@case
async def get_software(world: World) -> Call:
    return Call(await _item(world))


@case
async def change_software(world: World) -> Call:
    return Call(await _item(world), {"description": "New"})


@case
async def define_software(world: World) -> Call:
    return Call(await _item(world), _DEFINITION)


@case
async def delete_software(world: World) -> Call:
    return Call(await _item(world))


@case
async def list_software_versions(world: World) -> Call:
    return Call(await _item(world))


@case
async def list_devices_of_software(world: World) -> Call:
    return Call(await _item(world))


@case
async def list_software_of_device(world: World) -> Call:
    device = await fleet.make_device(world.clients.db, world.tenant_id, machine=Machine(app=world.clients.app))
    return Call({"device_id": device.id})


@case
async def import_software_installer(world: World) -> Call:
    upload_id = await upload(world.owner, b"anything", purpose="software")
    return Call(json={"upload_id": upload_id}, foreign=404)


@case
async def get_software_installer(world: World) -> Call:
    return Call(await _installer(world))


@case
async def delete_software_installer(world: World) -> Call:
    return Call(await _installer(world))


@case
async def retry_software_installer(world: World) -> Call:
    return Call(await _installer(world))


@case
async def create_software_bundle(world: World) -> Call:
    item = await _item(world)
    body = {"name": f"Case {next(_number)}", "items": [{"software_id": str(item["software_id"])}]}
    return Call(json=body, foreign=404)


@case
async def get_software_bundle(world: World) -> Call:
    return Call(await _bundle(world))


@case
async def change_software_bundle(world: World) -> Call:
    return Call(await _bundle(world), {"description": "New"})


@case
async def delete_software_bundle(world: World) -> Call:
    return Call(await _bundle(world))
