"""Good requests to identity."""

from itertools import count
from typing import Any
from uuid import UUID

import pyotp
from httpx2 import AsyncClient

from deployflow.identity import passwords, second_factor
from deployflow.identity.models import User
from deployflow.platform import clock
from deployflow.platform.context import system_context
from tests.factories import identity as people
from tests.support.cases.world import Call, World, case

PASSWORD = "violet tram over the bridge"
_number = count(1)


async def _role(world: World) -> dict[str, Any]:
    return await world.post("/roles", {"name": f"Case {next(_number)}", "permissions": ["devices:read"]})


async def _viewer(world: World) -> UUID:
    return (await people.built_in_role(world.clients.db, world.tenant_id, "viewer")).id


async def _member(world: World) -> UUID:
    return (await people.signed_in_user(world.clients.db, world.tenant_id, built_in="viewer")).user_id


async def _with_password(world: World) -> tuple[str, AsyncClient]:
    """Somebody who knows their password, and their browser."""
    client = await world.clients.signed_in(built_in="viewer", tenant_id=world.tenant_id)
    async with world.clients.db.write(system_context()) as session:
        user = await session.get_one(User, world.clients.user_of(client).user_id)
        user.password_hash = await passwords.hash_password(PASSWORD)
        return user.email, client


async def _with_totp(world: World) -> tuple[str, AsyncClient, pyotp.TOTP]:
    email, client = await _with_password(world)
    user_id = world.clients.user_of(client).user_id
    secret, sealed = second_factor.new_secret(world.clients.app.state.runtime.sealer, user_id)
    async with world.clients.db.write(system_context()) as session:
        (await session.get_one(User, user_id)).totp_secret = sealed
    return email, client, pyotp.TOTP(secret)


@case
async def sign_in(world: World) -> Call:
    email, _client = await _with_password(world)
    return Call(json={"email": email, "password": PASSWORD}, client=world.clients.anonymous())


@case
async def answer_totp(world: World) -> Call:
    email, _client, totp = await _with_totp(world)
    client = world.clients.anonymous()
    asked = await client.post("/api/v1/session", json={"email": email, "password": PASSWORD})
    return Call(json={"challenge": asked.json()["challenge"], "code": totp.at(clock.now())}, client=client)


@case
async def sign_out(world: World) -> Call:
    return Call(client=await world.clients.signed_in(built_in="viewer", tenant_id=world.tenant_id))


@case
async def choose_tenant(world: World) -> Call:
    return Call(json={"tenant_id": str(world.tenant_id)}, foreign=404)


@case
async def step_up(world: World) -> Call:
    _email, client = await _with_password(world)
    return Call(json={"password": PASSWORD}, client=client)


@case
async def end_session(world: World) -> Call:
    session_id, _token = await people.start_session(world.clients.db, world.tenant_id, world.owner_id)
    return Call({"session_id": session_id})


@case
async def update_me(_world: World) -> Call:
    return Call(json={"name": "Grace"})


@case
async def change_password(world: World) -> Call:
    _email, client = await _with_password(world)
    return Call(json={"current": PASSWORD, "new": "a quite different sentence"}, client=client)


@case
async def start_totp(world: World) -> Call:
    return Call(client=await world.clients.signed_in(built_in="viewer", tenant_id=world.tenant_id))


@case
async def confirm_totp(world: World) -> Call:
    client = await world.clients.signed_in(built_in="viewer", tenant_id=world.tenant_id)
    started = (await client.post("/api/v1/me/totp")).json()
    return Call(json={"code": pyotp.TOTP(started["secret"]).at(clock.now())}, client=client)


@case
async def disable_totp(world: World) -> Call:
    _email, client, _totp = await _with_totp(world)
    return Call(json={"password": PASSWORD}, client=client)


@case
async def new_recovery_codes(world: World) -> Call:
    _email, client, _totp = await _with_totp(world)
    return Call(client=client)


@case
async def accept_invitation(world: World) -> Call:
    body = {"email": f"case{next(_number)}@example.com", "name": "Bob", "role_id": str(await _viewer(world))}
    made = await world.post("/users", body)
    token = made["invite_url"].split("#")[1]
    return Call(json={"token": token, "password": PASSWORD}, client=world.clients.anonymous())


@case
async def invite_user(world: World) -> Call:
    email = f"case{next(_number)}@example.com"
    return Call(json={"email": email, "name": "Bob", "role_id": str(await _viewer(world))}, foreign=404)


@case
async def get_user(world: World) -> Call:
    return Call({"user_id": await _member(world)})


@case
async def update_user(world: World) -> Call:
    return Call({"user_id": await _member(world)}, {"is_active": False})


@case
async def delete_user(world: World) -> Call:
    return Call({"user_id": await _member(world)})


@case
async def reset_invite(world: World) -> Call:
    return Call({"user_id": await _member(world)})


@case
async def create_role(_world: World) -> Call:
    return Call(json={"name": f"Case {next(_number)}", "permissions": ["devices:read"]})


@case
async def get_role(world: World) -> Call:
    return Call({"role_id": (await _role(world))["id"]})


@case
async def update_role(world: World) -> Call:
    return Call({"role_id": (await _role(world))["id"]}, {"description": "changed"})


@case
async def delete_role(world: World) -> Call:
    return Call({"role_id": (await _role(world))["id"]})


@case
async def create_api_key(_world: World) -> Call:
    return Call(json={"name": "CI", "permissions": ["devices:read"]})


@case
async def revoke_api_key(world: World) -> Call:
    made = await world.post("/api-keys", {"name": "CI", "permissions": ["devices:read"]})
    return Call({"api_key_id": made["id"]})


@case
async def create_tenant(_world: World) -> Call:
    return Call(json={"name": f"Case {next(_number)}"})


@case
async def update_tenant(world: World) -> Call:
    return Call({"tenant_id": world.tenant_id}, {"name": f"Case {next(_number)}"})


@case
async def update_settings(_world: World) -> Call:
    return Call(json={"action_expiry_days": 1 + next(_number) % 300})
