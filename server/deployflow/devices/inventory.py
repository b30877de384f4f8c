"""The inventory a device sends: kept whole, and what lists show copied to the device's row."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, field_validator
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from deployflow.devices.access import SignedDevice
from deployflow.devices.errors import DevicePending
from deployflow.devices.keyring import device_changed
from deployflow.devices.models import Device, DeviceInventory
from deployflow.devices.schemas import Architecture, Bytes, OsFamily, Strict, Text
from deployflow.platform import clock
from deployflow.platform.changes import changed

# Windows Server with every update listed came to about 3,000; a list beyond this is not an inventory.
MAX_SOFTWARE = 10_000
MAX_PARTS = 512
MAX_ADDRESSES = 128
COLUMN = 255


class OsFacts(Strict):
    family: OsFamily
    name: Text
    version: Text
    build: Text | None
    architecture: Architecture


class Cpu(Strict):
    name: Text | None
    cores: Annotated[int, Field(ge=0, lt=2**31)]
    logical_processors: Annotated[int, Field(ge=0, lt=2**31)]


class Tpm(Strict):
    present: bool
    version: Text | None = None


class HardwareFacts(Strict):
    manufacturer: Text | None
    model: Text | None
    sku: Text | None
    serial: Text | None
    smbios_uuid: Text | None
    cpu: Cpu
    memory_bytes: Bytes
    firmware: Literal["uefi", "bios"] | None
    secure_boot: bool | None
    tpm: Tpm | None


class Disk(Strict):
    name: Text
    model: Text | None
    size_bytes: Bytes
    media: Literal["ssd", "hdd"] | None


class Volume(Strict):
    mount: Text
    file_system: Text | None
    size_bytes: Bytes
    free_bytes: Bytes


class NetworkCard(Strict):
    name: Text
    mac: Text | None
    addresses: list[Text] = Field(max_length=MAX_ADDRESSES)


class Software(Strict):
    name: Text
    version: Text | None
    publisher: Text | None


class Inventory(Strict):
    """A machine as its agent sees it."""

    hostname: Annotated[Text, Field(min_length=1)]
    os: OsFacts
    hardware: HardwareFacts
    disks: list[Disk] = Field(max_length=MAX_PARTS)
    volumes: list[Volume] = Field(max_length=MAX_PARTS)
    networks: list[NetworkCard] = Field(max_length=MAX_PARTS)
    logged_on_user: Text | None
    boot_time: datetime | None
    agent_version: Annotated[Text, Field(max_length=64)]
    software: list[Software] = Field(max_length=MAX_SOFTWARE)

    @field_validator("boot_time")
    @classmethod
    def _in_utc(cls, value: datetime | None) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError("give the time in UTC, with Z")
        return value


class InventoryIn(Strict):
    hash: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    inventory: Inventory


Listener = Callable[[AsyncSession, SignedDevice, Inventory], Awaitable[None]]
_listeners: list[Listener] = []


def on_received(listener: Listener) -> None:
    """Let a domain above learn from each inventory, in the transaction that keeps it."""
    if listener not in _listeners:
        _listeners.append(listener)


async def receive(session: AsyncSession, device: SignedDevice, sent: InventoryIn) -> None:
    """Keep the device's inventory.

    Raises:
        DevicePending: 403, for a key that only claims to be the device's: it must not describe it.
    """
    if device.is_claim:
        raise DevicePending
    await device.spend_nonce(session)
    facts = sent.inventory
    row = await session.get(DeviceInventory, device.id, with_for_update=True)
    if row is None:
        row = DeviceInventory(device_id=device.id)
        session.add(row)
    row.hash = sent.hash
    row.received_at = clock.now()
    row.inventory = facts.model_dump(mode="json")
    hardware, os = facts.hardware, facts.os
    values = {
        "inventory_hash": sent.hash,
        "hostname": facts.hostname[:COLUMN],
        "os_family": os.family,
        "os_name": os.name[:COLUMN],
        "os_version": os.version[:COLUMN],
        "os_build": _cut(os.build),
        "architecture": os.architecture,
        "manufacturer": _cut(hardware.manufacturer) or "",
        "model": _cut(hardware.model) or "",
        "sku": _cut(hardware.sku),
        "serial": _cut(hardware.serial) or "",
        "smbios_uuid": (hardware.smbios_uuid or "")[:64] or None,
        "cpu_name": _cut(hardware.cpu.name),
        "cpu_cores": hardware.cpu.cores,
        "memory_bytes": hardware.memory_bytes,
        "disk_bytes": min(sum(disk.size_bytes for disk in facts.disks), 2**63 - 1) or None,
        "logged_on_user": _cut(facts.logged_on_user) or "",
        "boot_time": facts.boot_time,
        "agent_version": facts.agent_version,
    }
    values["search_text"] = search_text(
        values["hostname"], values["serial"], values["logged_on_user"], values["model"], values["os_name"]
    )
    # A bulk update leaves `version` alone: people's edits do not collide with what machines say.
    await session.execute(update(Device).where(Device.id == device.id).values(values))
    for listener in _listeners:
        await listener(session, device, facts)
    device_changed(session, device.id)
    changed(session, "devices", f"device:{device.id}")


def search_text(*parts: object) -> str:
    """What a search looks through: lower case, one line a field, so that no match runs from one into the next."""
    return "\n".join(str(part).lower() for part in parts if part)


def _cut(text: str | None) -> str | None:
    return text[:COLUMN] if text else None
