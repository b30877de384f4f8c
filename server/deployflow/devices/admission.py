"""How a device comes to be: a machine that holds a key is new, or known and then waits for a person.

A deployment comes before the key: it makes the row, or finds it, and later vouches for the key that its token brings.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from deployflow.devices.inventory import search_text
from deployflow.devices.machines import machine_serial, machine_uuid
from deployflow.devices.models import Device, DeviceKey, DeviceTag
from deployflow.devices.schemas import Facts
from deployflow.devices.service import touched
from deployflow.devices.signatures import thumbprint
from deployflow.devices.states import DeviceState, KeyState, advance, advance_key
from deployflow.platform import clock
from deployflow.platform.changes import changed
from deployflow.platform.ids import new_id


@dataclass(frozen=True, slots=True)
class Candidate:
    """A machine that brought a key and proved that it holds it."""

    facts: Facts
    spki: bytes
    protection: str
    agent_version: str
    ip: str | None
    tags: Sequence[str]
    auto_approve: bool


@dataclass(frozen=True, slots=True)
class Expected:
    """A machine that a deployment sets up, as far as its firmware tells."""

    hostname: str
    manufacturer: str | None = None
    model: str | None = None
    sku: str | None = None
    serial: str | None = None
    smbios_uuid: str | None = None
    cpu_name: str | None = None
    memory_bytes: int | None = None
    disk_bytes: int | None = None


async def admit(session: AsyncSession, candidate: Candidate) -> tuple[Device, DeviceKey]:
    """A new device; or the known one of this machine, whose new key then waits for a person.

    Two enrolments of one new machine at once: the second breaks a unique key, and is to be tried again.
    """
    facts = candidate.facts
    device = await find_machine(
        session, machine_uuid(facts.smbios_uuid), machine_serial(facts.manufacturer, facts.serial)
    )
    if device is None:
        return _new_device(session, candidate)
    key = _new_key(device, candidate, KeyState.PENDING)
    session.add(key)
    device.pending_key = True
    device.state_reason = (
        f"A machine that calls itself {facts.hostname[:60]} and claims to be this one brought a new key from "
        f"{candidate.ip or 'an unknown address'}: set up anew, or a possible takeover. Approve it only if you "
        "expected it"
    )
    touched(session, device)
    return device, key


def _new_device(session: AsyncSession, candidate: Candidate) -> tuple[Device, DeviceKey]:
    facts = candidate.facts
    now = clock.now()
    device = Device(
        id=new_id(),
        hostname=facts.hostname,
        state=DeviceState.ACTIVE if candidate.auto_approve else DeviceState.PENDING,
        state_reason=None if candidate.auto_approve else "Waits for approval",
        pending_key=not candidate.auto_approve,
        key_protection=candidate.protection,
        created_at=now,
        enrolled_at=now,
        last_check_in=now,
        agent_version=candidate.agent_version,
        os_family=facts.os_family,
        os_name=facts.os_name,
        os_version=facts.os_version,
        architecture=facts.architecture,
        manufacturer=facts.manufacturer or "",
        model=facts.model or "",
        sku=facts.sku,
        serial=facts.serial or "",
        smbios_uuid=facts.smbios_uuid,
        machine_uuid=machine_uuid(facts.smbios_uuid),
        machine_serial=machine_serial(facts.manufacturer, facts.serial),
        search_text=search_text(facts.hostname, facts.serial, facts.model, facts.os_name),
        tag_rows=[DeviceTag(tag=tag) for tag in candidate.tags],
    )
    device.keys = [_new_key(device, candidate, KeyState.ACTIVE if candidate.auto_approve else KeyState.PENDING)]
    session.add(device)
    changed(session, "devices")
    return device, device.keys[0]


def _new_key(device: Device, candidate: Candidate, state: KeyState) -> DeviceKey:
    return DeviceKey(
        device_id=device.id,
        thumbprint=thumbprint(candidate.spki),
        public_key=candidate.spki,
        protection=candidate.protection,
        state=state,
        claims=candidate.facts.model_dump(mode="json"),
        ip=candidate.ip,
    )


async def find_machine(session: AsyncSession, uuid: str | None, serial: str | None) -> Device | None:
    """The row of a machine, by its UUID or serial number in one spelling (see `machines`)."""
    claims = []
    if uuid is not None:
        claims.append(Device.machine_uuid == uuid)
    if serial is not None:
        claims.append(Device.machine_serial == serial)
    if not claims:
        return None
    found = (await session.scalars(select(Device).where(or_(*claims)).with_for_update())).all()
    # The UUID tells more than the serial, where they point to different rows.
    return min(found, key=lambda device: device.machine_uuid != uuid, default=None)


async def expect(session: AsyncSession, machine: Expected, *, device: Device | None) -> Device:
    """The row of a machine that is about to be set up: `device`, or a new one. It stays the same row afterwards."""
    if device is None:
        device = Device(
            id=new_id(),
            hostname=machine.hostname,
            state=DeviceState.PENDING,
            key_protection="",
            manufacturer=machine.manufacturer or "",
            model=machine.model or "",
            sku=machine.sku,
            serial=machine.serial or "",
            smbios_uuid=machine.smbios_uuid,
            machine_uuid=machine_uuid(machine.smbios_uuid),
            machine_serial=machine_serial(machine.manufacturer, machine.serial),
            cpu_name=machine.cpu_name,
            memory_bytes=machine.memory_bytes,
            disk_bytes=machine.disk_bytes,
            search_text=search_text(machine.hostname, machine.serial, machine.model, None),
        )
        session.add(device)
        await session.flush()
    elif device.state in {DeviceState.QUARANTINED, DeviceState.REVOKED}:
        device.state = advance(device.state, "deploy")
    if device.state == DeviceState.PENDING and not device.pending_key:
        device.state_reason = "Set up by a deployment: becomes active when its agent enrolls"
    touched(session, device)
    return device


async def admit_deployed(
    session: AsyncSession, candidate: Candidate, device_id: UUID
) -> tuple[Device, DeviceKey] | None:
    """Make the candidate's key the one key of the device that a deployment set up.

    The caller has seen that deployment's token. None when the device was retired or revoked meanwhile.
    """
    device = await session.scalar(select(Device).where(Device.id == device_id).with_for_update())
    if device is None or device.state in {DeviceState.REVOKED, DeviceState.QUARANTINED}:
        return None
    former = (await session.scalars(select(DeviceKey).where(DeviceKey.device_id == device.id).with_for_update())).all()
    for key in former:
        if key.state != KeyState.REVOKED:
            key.state = advance_key(key.state, "revoke")
    key = _new_key(device, candidate, KeyState.ACTIVE)
    session.add(key)
    device.state = advance(device.state, "approve")
    device.state_reason = None
    device.pending_key = False
    device.online = False
    facts, now = candidate.facts, clock.now()
    device.hostname = facts.hostname
    device.key_protection = candidate.protection
    device.enrolled_at = device.last_check_in = now
    device.agent_version = candidate.agent_version
    device.os_family, device.os_name, device.os_version = facts.os_family, facts.os_name, facts.os_version
    device.architecture = facts.architecture
    device.search_text = search_text(facts.hostname, device.serial or facts.serial, device.model, facts.os_name)
    # Whatever the former system said of itself is history: the new one is asked at its first check-in.
    device.inventory_hash = None
    touched(session, device)
    return device, key
