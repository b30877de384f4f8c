"""How a device comes to be: a machine that holds a key is new, or known and then waits for a person."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from deployflow.devices.inventory import search_text
from deployflow.devices.machines import machine_serial, machine_uuid
from deployflow.devices.models import Device, DeviceKey, DeviceTag
from deployflow.devices.schemas import Facts
from deployflow.devices.service import touched
from deployflow.devices.signatures import thumbprint
from deployflow.devices.states import DeviceState, KeyState
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


async def admit(session: AsyncSession, candidate: Candidate) -> tuple[Device, DeviceKey]:
    """A new device; or the known one of this machine, whose new key then waits for a person.

    Two enrolments of one new machine at once: the second breaks a unique key, and is to be tried again.
    """
    facts = candidate.facts
    device = await _find_machine(session, facts)
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


async def _find_machine(session: AsyncSession, facts: Facts) -> Device | None:
    uuid, serial = machine_uuid(facts.smbios_uuid), machine_serial(facts.manufacturer, facts.serial)
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
