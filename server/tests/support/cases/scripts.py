"""Good requests to scripts."""

from itertools import count
from typing import Any

from tests.support.cases.world import Call, World, case

_number = count(1)


def _body() -> dict[str, Any]:
    return {"name": f"Case {next(_number)}", "language": "sh", "body": "echo hello\n"}


async def _script(world: World) -> dict[str, Any]:
    return {"script_id": (await world.post("/scripts", _body()))["id"]}


@case
async def create_script(_world: World) -> Call:
    return Call(json=_body())


@case
async def get_script(world: World) -> Call:
    return Call(await _script(world))


@case
async def change_script(world: World) -> Call:
    return Call(await _script(world), {"description": "changed"})


@case
async def delete_script(world: World) -> Call:
    return Call(await _script(world))


@case
async def write_script_body(world: World) -> Call:
    return Call(await _script(world), {"body": "echo bye\n", "note": "shorter"})


@case
async def list_script_versions(world: World) -> Call:
    return Call(await _script(world))


@case
async def get_script_version(world: World) -> Call:
    return Call({**await _script(world), "number": 1})
