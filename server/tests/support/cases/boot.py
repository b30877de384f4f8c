"""Good requests to boot sites, machines seen there, sessions and PINs."""

from itertools import count
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import select

from deployflow.app.simulation.machine import facts_of
from deployflow.boot import codes
from deployflow.boot.models import BootSession, BootSite, DiscoveredMachine
from deployflow.boot.sessions import LASTS
from deployflow.boot.states import SessionState
from deployflow.devices.signatures import thumbprint
from deployflow.platform import clock
from deployflow.platform.context import system_context
from deployflow.platform.ids import new_id
from tests.support.cases.world import Call, World, case

_number = count(100)


async def site_id(world: World) -> UUID:
    async with world.clients.db.read(system_context(world.tenant_id)) as session:
        return (await session.scalars(select(BootSite.id).order_by(BootSite.created_at).limit(1))).one()


async def _made_site(world: World) -> dict[str, Any]:
    number = next(_number)
    return {"site_id": (await world.post("/boot-sites", {"name": f"Site {number}", "code": f"S{number}"}))["id"]}


async def _machine(world: World) -> dict[str, Any]:
    number = next(_number)
    row = DiscoveredMachine(
        id=new_id(),
        tenant_id=world.tenant_id,
        site_id=await site_id(world),
        mac=f"52:54:00:00:{number // 256:02x}:{number % 256:02x}",
    )
    async with world.clients.db.write(system_context()) as session:
        session.add(row)
    return {"machine_id": row.id}


async def _session(world: World) -> tuple[dict[str, Any], str]:
    spki = (
        ec.generate_private_key(ec.SECP256R1())
        .public_key()
        .public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    nonce, facts = codes.new_nonce(), facts_of(next(_number))
    row = BootSession(
        id=new_id(),
        tenant_id=world.tenant_id,
        thumbprint=thumbprint(spki),
        public_key=spki,
        nonce=nonce,
        state=SessionState.WAITING,
        site_id=await site_id(world),
        environment="linux",
        agent_version="0.1.0",
        facts=facts,
        machine_uuid=facts["smbios_uuid"],
        expires_at=clock.now() + LASTS,
    )
    async with world.clients.db.write(system_context()) as session:
        session.add(row)
    return {"session_id": row.id}, codes.approval_code(spki, nonce)


async def wipe_profile(world: World) -> str:
    """A profile that needs nothing but a disk."""
    made = await world.post(
        "/profiles",
        {
            "name": f"Wipe {next(_number)}",
            "tasks": [{"type": "disk_prep"}],
            "computer_naming_pattern": "PC-{serial:8}",
        },
    )
    profile_id: str = made["id"]
    return profile_id


@case
async def make_boot_site(_world: World) -> Call:
    number = next(_number)
    return Call(json={"name": f"Site {number}", "code": f"S{number}"})


@case
async def read_boot_site(world: World) -> Call:
    return Call(await _made_site(world))


@case
async def change_boot_site(world: World) -> Call:
    return Call(await _made_site(world), {"menu_timeout_s": 5})


@case
async def delete_boot_site(world: World) -> Call:
    return Call(await _made_site(world))


@case
async def read_discovered_machine(world: World) -> Call:
    return Call(await _machine(world))


@case
async def forget_discovered_machine(world: World) -> Call:
    return Call(await _machine(world))


@case
async def read_boot_session(world: World) -> Call:
    return Call((await _session(world))[0])


@case
async def approve_boot_session(world: World) -> Call:
    path, code = await _session(world)
    return Call(path, {"code": code, "profile_id": await wipe_profile(world)})


@case
async def deny_boot_session(world: World) -> Call:
    return Call((await _session(world))[0], {"reason": "not this one"})


@case
async def make_technician_pin(world: World) -> Call:
    return Call(json={"site_id": str(await site_id(world)), "name": "Kim"}, foreign=404)


@case
async def revoke_technician_pin(world: World) -> Call:
    made = await world.post("/technician-pins", {"site_id": str(await site_id(world)), "name": "Kim"})
    return Call({"pin_id": made["id"]})
