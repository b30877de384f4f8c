"""Good requests to secrets."""

from itertools import count
from typing import Any

from tests.support.cases.world import Call, World, case

_number = count(1)


def _body() -> dict[str, Any]:
    return {"name": f"Case {next(_number)}", "kind": "password", "value": "a value"}


async def _secret(world: World) -> dict[str, Any]:
    return {"secret_id": (await world.post("/secrets", _body()))["id"]}


@case
async def create_secret(_world: World) -> Call:
    return Call(json=_body())


@case
async def get_secret(world: World) -> Call:
    return Call(await _secret(world))


@case
async def update_secret(world: World) -> Call:
    return Call(await _secret(world), {"value": "another value"})


@case
async def delete_secret(world: World) -> Call:
    return Call(await _secret(world))
