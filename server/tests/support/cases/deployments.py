"""Good requests to deployments."""

from itertools import count
from typing import Any
from uuid import UUID

from sqlalchemy import update

from deployflow.app.simulation.machine import facts_of
from deployflow.deployments.models import Deployment, DeploymentStep, DevicePassword
from deployflow.deployments.states import State
from deployflow.platform.context import system_context
from deployflow.platform.ids import new_id
from tests.factories import fleet
from tests.support.cases.boot import wipe_profile
from tests.support.cases.world import Call, World, case

_number = count(1)


async def _order(world: World) -> dict[str, Any]:
    number = next(_number)
    return {
        "profile_id": await wipe_profile(world),
        "machine": {"mac": f"52:54:01:00:{number // 256:02x}:{number % 256:02x}"},
    }


async def _armed(world: World) -> dict[str, Any]:
    return {"deployment_id": (await world.post("/deployments", await _order(world)))["id"]}


async def _failed(world: World) -> dict[str, Any]:
    path = await _armed(world)
    deployment_id = UUID(path["deployment_id"])
    task = {"continue_on_error": False, "type": "disk_prep", "phase": "boot", "position": 0}
    async with world.clients.db.write(system_context()) as session:
        await session.execute(
            update(Deployment)
            .where(Deployment.id == deployment_id)
            .values(
                state=State.FAILED,
                machine=facts_of(next(_number)),
                frozen={"tasks": [task], "secrets": {}, "variables": {}, "disk_ids": {}, "brings_agent": False},
            )
        )
        session.add(
            DeploymentStep(
                tenant_id=world.tenant_id,
                deployment_id=deployment_id,
                position=0,
                type="disk_prep",
                name="Disk",
                phase="boot",
                state="failed",
            )
        )
    return path


@case
async def arm_deployment(world: World) -> Call:
    return Call(json=await _order(world), foreign=404)


@case
async def arm_deployments(world: World) -> Call:
    order = await _order(world)
    return Call(json={"profile_id": order["profile_id"], "targets": [{"machine": order["machine"]}]}, foreign=404)


@case
async def read_deployment(world: World) -> Call:
    return Call(await _armed(world))


@case
async def list_deployment_steps(world: World) -> Call:
    return Call(await _armed(world))


@case
async def read_deployment_log(world: World) -> Call:
    return Call(await _armed(world))


@case
async def retry_deployment(world: World) -> Call:
    return Call(await _failed(world), {})


@case
async def abort_deployment(world: World) -> Call:
    return Call(await _armed(world))


@case
async def reveal_device_password(world: World) -> Call:
    device = await fleet.make_device(world.clients.db, world.tenant_id)
    row = DevicePassword(id=new_id(), tenant_id=world.tenant_id, device_id=device.id)
    sealer = world.clients.app.state.runtime.sealer
    row.sealed = sealer.seal(b"secret", place=f"{row.tenant_id}/device_passwords/{row.id}/sealed")
    async with world.clients.db.write(system_context()) as session:
        session.add(row)
    return Call({"device_id": device.id}, {"reason": "the machine is locked"})
