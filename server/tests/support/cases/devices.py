"""Good requests to devices."""

from typing import Any

from deployflow.devices.models import DeviceInventory, DeviceKey
from deployflow.devices.states import DeviceState, KeyState
from deployflow.platform.context import system_context
from tests.factories import fleet
from tests.support.cases.world import Call, World, case
from tests.support.machines import Machine


async def _device(world: World, state: DeviceState = DeviceState.ACTIVE) -> dict[str, Any]:
    machine = Machine(app=world.clients.app)
    device = await fleet.make_device(world.clients.db, world.tenant_id, state=state, machine=machine)
    return {"device_id": device.id}


@case
async def get_device(world: World) -> Call:
    return Call(await _device(world))


@case
async def get_device_inventory(world: World) -> Call:
    path = await _device(world)
    async with world.clients.db.write(system_context()) as session:
        session.add(DeviceInventory(tenant_id=world.tenant_id, hash="0" * 64, inventory={}, **path))
    return Call(path)


@case
async def change_device(world: World) -> Call:
    return Call(await _device(world), {"tags": ["lab"]})


@case
async def retire_device(world: World) -> Call:
    return Call(await _device(world))


@case
async def approve_device(world: World) -> Call:
    return Call(await _device(world, DeviceState.PENDING))


@case
async def reject_device_key(world: World) -> Call:
    path = await _device(world)
    second = Machine(app=world.clients.app)
    async with world.clients.db.write(system_context()) as session:
        session.add(
            DeviceKey(
                tenant_id=world.tenant_id,
                thumbprint=second.keyid,
                public_key=second.spki,
                protection="file",
                state=KeyState.PENDING,
                claims={},
                **path,
            )
        )
    return Call(path)


@case
async def revoke_device(world: World) -> Call:
    return Call(await _device(world))


@case
async def change_devices(world: World) -> Call:
    ids = [str((await _device(world))["device_id"]) for _ in range(3)]
    # Answers per item: of another tenant's devices each says that there is none.
    return Call(json={"ids": ids, "op": "tag", "tags": ["lab"]}, foreign=200)
