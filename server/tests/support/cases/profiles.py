"""Good requests to profiles."""

from itertools import count
from typing import Any

from tests.support.cases.world import Call, World, case

_number = count(1)
FILE = """deployflow_profile: 1
name: {name}
tasks:
  - type: disk_prep
"""


def _name() -> str:
    return f"Case {next(_number)}"


def _body() -> dict[str, Any]:
    return {"name": _name(), "tasks": [{"type": "disk_prep"}, {"type": "wait", "configuration": {"seconds": 5}}]}


async def _made(world: World, **more: Any) -> dict[str, Any]:
    return await world.post("/profiles", {**_body(), **more})


async def _profile(world: World) -> dict[str, Any]:
    return {"profile_id": (await _made(world))["id"]}


@case
async def create_profile(_world: World) -> Call:
    return Call(json=_body())


@case
async def import_profile(_world: World) -> Call:
    return Call(json={"text": FILE.format(name=_name())})


@case
async def get_profile(world: World) -> Call:
    return Call(await _profile(world))


@case
async def change_profile(world: World) -> Call:
    return Call(await _profile(world), {"description": "changed"})


@case
async def delete_profile(world: World) -> Call:
    return Call(await _profile(world))


@case
async def clone_profile(world: World) -> Call:
    return Call(await _profile(world), {"name": _name()})


@case
async def reorder_profile_tasks(world: World) -> Call:
    made = await _made(world)
    return Call({"profile_id": made["id"]}, {"task_ids": [task["id"] for task in reversed(made["tasks"])]})


@case
async def preflight_profile(world: World) -> Call:
    return Call(await _profile(world), {})


@case
async def export_profile(world: World) -> Call:
    return Call(await _profile(world))


@case
async def list_profile_versions(world: World) -> Call:
    return Call(await _profile(world))


@case
async def get_profile_version(world: World) -> Call:
    return Call({**await _profile(world), "number": 1})


@case
async def make_profile_of_template(world: World) -> Call:
    made = await _made(world, is_template=True)
    return Call({"template_id": made["id"]}, {"name": _name()})
