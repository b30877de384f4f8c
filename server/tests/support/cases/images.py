"""Good requests to images and their imports."""

import asyncio
import hashlib
import zipfile
from itertools import count
from pathlib import Path
from typing import Any

from sqlalchemy import update

from deployflow.images.models import BootEnvironment, ImageBootFile
from deployflow.platform.context import system_context
from deployflow.platform.runtime import Runtime
from tests.factories import library, media
from tests.support.cases.world import Call, World, case
from tests.support.uploading import upload

_number = count(1)
# An agent to put into WinPE, where the machine that tests has built none.
_AGENT = "deployflow-agent-win-x64.zip"


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


async def _environment_body(world: World) -> dict[str, Any]:
    """WinPE of an image that brought what it needs, with a wimboot of its own."""
    runtime = _runtime(world)
    agents = runtime.settings.data_dir / "agents"
    object.__setattr__(runtime.settings, "agents_dir", agents)
    await asyncio.to_thread(_make_agent, agents)
    content = library.put_content(runtime, b"a boot file")
    image = await library.make_image(
        world.clients.db,
        world.tenant_id,
        name=f"Case {next(_number)}",
        boot_files=[
            ImageBootFile(tenant_id=world.tenant_id, name=name, sha256=content["content_sha256"], size_bytes=11)
            for name in ("boot.wim", "boot.sdi", "BCD")
        ],
    )
    return {
        "image_id": str(image.id),
        "wimboot_upload_id": await upload(world.owner, media.wimboot()),
        "wimboot_sha256": hashlib.sha256(media.wimboot()).hexdigest(),
    }


def _make_agent(folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    with zipfile.ZipFile(folder / _AGENT, "w") as archive:
        archive.writestr("deployflow-agent.exe", b"MZ")


@case
async def make_boot_environment(world: World) -> Call:
    return Call(json=await _environment_body(world), foreign=404)


@case
async def get_boot_environment(world: World) -> Call:
    made = await world.post("/boot-environments", await _environment_body(world))
    # The same for all organisations, on purpose.
    return Call({"environment_id": made["id"]}, foreign=200)


@case
async def delete_boot_environment(world: World) -> Call:
    made = await world.post("/boot-environments", await _environment_body(world))
    async with world.clients.db.write(system_context()) as session:
        await session.execute(update(BootEnvironment).values(state="failed"))
    return Call({"environment_id": made["id"]}, foreign=204)
