"""Good requests to images and their imports."""

from itertools import count
from typing import Any

from deployflow.platform.runtime import Runtime
from tests.factories import library
from tests.support.cases.world import Call, World, case
from tests.support.uploading import upload

_number = count(1)


def _runtime(world: World) -> Runtime:
    runtime: Runtime = world.clients.app.state.runtime
    return runtime


async def _import(world: World) -> dict[str, Any]:
    body = {"name": f"Case {next(_number)}", "upload_id": await upload(world.owner, b"anything")}
    return await world.post("/image-imports", body)


async def _ready(world: World) -> dict[str, Any]:
    content = library.put_content(_runtime(world), b"a prepared image")
    image = await library.make_image(world.clients.db, world.tenant_id, name=f"Case {next(_number)}", **content)
    return {"image_id": image.id}


@case
async def import_image(world: World) -> Call:
    body = {"name": f"Case {next(_number)}", "upload_id": await upload(world.owner, b"anything")}
    return Call(json=body, foreign=404)


@case
async def get_image(world: World) -> Call:
    return Call(await _ready(world))


@case
async def change_image(world: World) -> Call:
    return Call(await _ready(world), {"description": "changed"})


@case
async def delete_image(world: World) -> Call:
    return Call(await _ready(world))


@case
async def download_image(world: World) -> Call:
    return Call(await _ready(world))


@case
async def get_image_import(world: World) -> Call:
    return Call({"import_id": (await _import(world))["importing"]["id"]})


@case
async def cancel_image_import(world: World) -> Call:
    return Call({"import_id": (await _import(world))["importing"]["id"]})


@case
async def retry_image_import(world: World) -> Call:
    import_id = (await _import(world))["importing"]["id"]
    await world.post(f"/image-imports/{import_id}:cancel")
    return Call({"import_id": import_id})
