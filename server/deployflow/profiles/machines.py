"""What is known of a machine that a profile is held against."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from deployflow.devices import queries as devices
from deployflow.devices.models import DeviceInventory
from deployflow.profiles.schemas import PreflightMachine
from deployflow.profiles.subject import Disk, Machine


async def of_device(session: AsyncSession, device_id: UUID, *, site: str | None) -> Machine:
    """A device with what its newest inventory says.

    Raises:
        DeviceNotFound: 404.
    """
    device = await devices.get(session, device_id)
    row = await session.scalar(select(DeviceInventory).where(DeviceInventory.device_id == device_id))
    inventory = row.inventory if row is not None else {}
    hardware = inventory.get("hardware", {})
    return Machine(
        device_id=device.id,
        hostname=device.hostname or None,
        manufacturer=device.manufacturer or None,
        model=device.model or None,
        sku=device.sku,
        serial=device.serial or None,
        smbios_uuid=device.smbios_uuid,
        mac_addresses=tuple(card["mac"] for card in inventory.get("networks", ()) if card.get("mac")),
        firmware=hardware.get("firmware"),
        memory_bytes=device.memory_bytes,
        disks=tuple(Disk(disk["name"], disk["size_bytes"]) for disk in inventory.get("disks", ())),
        site=site,
    )


def described(given: PreflightMachine, *, site: str | None) -> Machine:
    """A machine that an administrator describes."""
    plain = given.model_dump(exclude={"disks", "mac_addresses"})
    return Machine(
        **plain,
        mac_addresses=tuple(given.mac_addresses),
        disks=tuple(Disk(disk.name, disk.size_bytes, disk.removable) for disk in given.disks),
        site=site,
    )
