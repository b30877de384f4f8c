"""Good requests to uploads."""

from tests.support.cases.world import Call, World, case
from tests.support.uploading import CHUNK, announce, announcing


async def _upload(world: World) -> dict[str, str]:
    return {"upload_id": (await announce(world.owner, 5))["id"]}


@case
async def create_upload(_world: World) -> Call:
    return Call(headers=announcing(5))


@case
async def get_upload(world: World) -> Call:
    return Call(await _upload(world))


@case
async def send_upload(world: World) -> Call:
    return Call(await _upload(world), content=b"12345", headers={**CHUNK, "Upload-Offset": "0"})


@case
async def cancel_upload(world: World) -> Call:
    return Call(await _upload(world))
