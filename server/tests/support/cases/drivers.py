"""Good requests to driver packs."""

from itertools import count
from typing import Any

from tests.factories import library
from tests.support.cases.world import Call, World, case
from tests.support.uploading import upload

_number = count(1)


async def _body(world: World) -> dict[str, Any]:
    upload_id = await upload(world.owner, b"anything", purpose="driver_pack")
    return {"name": f"Case {next(_number)}", "upload_id": upload_id}


async def _ready(world: World) -> dict[str, Any]:
    content = library.put_content(world.clients.app.state.runtime, b"an archive")
    name = f"Case {next(_number)}"
    return {"pack_id": (await library.make_driver_pack(world.clients.db, world.tenant_id, name=name, **content)).id}


@case
async def import_driver_pack(world: World) -> Call:
    return Call(json=await _body(world), foreign=404)


@case
async def get_driver_pack(world: World) -> Call:
    return Call(await _ready(world))


@case
async def change_driver_pack(world: World) -> Call:
    return Call(await _ready(world), {"rules": [{"sku": "21HM"}]})


@case
async def delete_driver_pack(world: World) -> Call:
    return Call(await _ready(world))


@case
async def retry_driver_pack(world: World) -> Call:
    name = f"Case {next(_number)}"
    pack = await library.make_driver_pack(
        world.clients.db, world.tenant_id, name=name, state="failed", source_sha256="0" * 64
    )
    return Call({"pack_id": pack.id})


@case
async def list_driver_infs(world: World) -> Call:
    return Call(await _ready(world))


@case
async def download_driver_pack(world: World) -> Call:
    return Call(await _ready(world))
