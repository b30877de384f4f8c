"""Good requests to enrollment."""

from typing import Any

from tests.support.cases.world import Call, World, case


async def _token(world: World) -> dict[str, Any]:
    return {"token_id": (await world.post("/enrollment-tokens", {"name": "Floor 2"}))["id"]}


@case
async def make_enrollment_token(_world: World) -> Call:
    return Call(json={"name": "Floor 2"})


@case
async def get_enrollment_token(world: World) -> Call:
    return Call(await _token(world))


@case
async def list_enrollment_token_uses(world: World) -> Call:
    return Call(await _token(world))


@case
async def change_enrollment_token(world: World) -> Call:
    return Call(await _token(world), {"description": "changed"})


@case
async def revoke_enrollment_token(world: World) -> Call:
    return Call(await _token(world))
