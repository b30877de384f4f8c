"""What devices say of software becomes where it stands."""

from typing import Annotated, Any, Literal, cast
from uuid import UUID

from pydantic import BaseModel, Field, ValidationError
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import undefer

from deployflow.actions.models import Action, ActionBatch
from deployflow.actions.states import Status
from deployflow.devices.access import SignedDevice
from deployflow.devices.inventory import Inventory
from deployflow.platform import clock
from deployflow.platform.changes import changed
from deployflow.software.comparing import holds
from deployflow.software.models import DeviceSoftware, Software, SoftwareVersion
from deployflow.software.states import Standing

# Nothing was tried on the device, or nobody knows what.
TELLS_NOTHING = frozenset({Status.EXPIRED, Status.CANCELLED})


class _Error(BaseModel):
    code: Annotated[str, Field(max_length=64)]
    message: Annotated[str, Field(max_length=2000)] = ""


class _Item(BaseModel):
    """What an agent says of one item, under `software` of its result."""

    version_id: UUID
    outcome: Literal[
        "installed", "already_installed", "uninstalled", "already_absent", "detected", "failed", "not_for_this_device"
    ]
    state: Standing
    version: Annotated[str, Field(max_length=255)] | None = None
    error: _Error | None = None


class _Result(BaseModel):
    software: Annotated[list[_Item], Field(max_length=200)] = Field(default_factory=list)


async def keep(session: AsyncSession, action: Action) -> None:
    """An action ended, or its end was corrected: note what its device saw."""
    if action.status in TELLS_NOTHING:
        return
    batch = await session.scalar(
        select(ActionBatch).where(ActionBatch.id == action.batch_id).options(undefer(ActionBatch.payload))
    )
    assert batch is not None
    ordered = [UUID(one["version_id"]) for one in batch.payload.get("items", ())]
    await note(session, action, ordered, told=_read(action.result))


async def note(session: AsyncSession, action: Action, ordered: list[UUID], *, told: dict[UUID, _Item]) -> None:
    """Write how each ordered version stands now. A device speaks of nothing that was not ordered."""
    found = await session.execute(
        select(SoftwareVersion.id, SoftwareVersion.software_id).where(SoftwareVersion.id.in_(ordered))
    )
    items: dict[UUID, UUID] = dict(found.all())
    for version_id in ordered:
        if version_id not in items:
            continue
        said = told.get(version_id)
        if said is None and (action.error_code is None or len(ordered) > 1):
            continue
        if said is not None and said.outcome == "not_for_this_device":
            continue
        failed = said.error if said is not None else _error_of(action)
        values: dict[str, Any] = {
            "tenant_id": action.tenant_id,
            "action_id": action.id,
            "error_code": failed.code if failed else None,
            "error_message": failed.message if failed else None,
        }
        if said is not None:
            values |= {"state": said.state, "found_version": said.version, "seen_by": "action", "seen_at": clock.now()}
        await _upsert(session, items[version_id], action.device_id, values)


async def on_inventory(session: AsyncSession, device: SignedDevice, facts: Inventory) -> None:
    """The machine's list of programs tells of items that are known by a name in it."""
    rows = (
        await session.execute(
            select(
                Software.id,
                SoftwareVersion.inventory_name,
                SoftwareVersion.detection,
                DeviceSoftware.state,
                DeviceSoftware.found_version,
            )
            .join(
                SoftwareVersion,
                (SoftwareVersion.software_id == Software.id) & (SoftwareVersion.number == Software.current_number),
            )
            .outerjoin(
                DeviceSoftware, (DeviceSoftware.software_id == Software.id) & (DeviceSoftware.device_id == device.id)
            )
            .where(
                Software.deleted_at.is_(None),
                SoftwareVersion.os_family == facts.os.family,
                SoftwareVersion.inventory_name.is_not(None),
            )
        )
    ).all()
    if not rows:
        return
    listed = {one.name.lower(): one.version for one in facts.software}
    for software_id, name, rule, before, version_before in rows:
        there = name.lower() in listed
        version = listed.get(name.lower())
        state = _judge(rule, version) if there else Standing.MISSING
        # Most items are missing on most devices: that is said by having no row.
        if (before is None and not there) or (before == state and version_before == version):
            continue
        values = {
            "tenant_id": device.tenant_id,
            "state": state,
            "found_version": version,
            "seen_by": "inventory",
            "seen_at": clock.now(),
        }
        await _upsert(session, software_id, device.id, values)


def _error_of(action: Action) -> _Error | None:
    if action.error_code is None:
        return None
    return _Error(code=action.error_code, message=action.error_message or "")


def _judge(rule: dict[str, Any] | None, version: str | None) -> Standing:
    rule = rule or {}
    found = holds(rule.get("comparison", "exists"), version, rule.get("version"))
    if found is None:
        return Standing.UNKNOWN
    return Standing.INSTALLED if found else Standing.MISSING


def _read(result: dict[str, Any] | None) -> dict[UUID, _Item]:
    try:
        found = _Result.model_validate(result or {})
    except ValidationError:
        # An agent of another time: what became of the action is known all the same.
        return {}
    return {one.version_id: one for one in found.software}


async def _upsert(session: AsyncSession, software_id: UUID, device_id: UUID, values: dict[str, Any]) -> None:
    make = sqlite_insert if session.get_bind().dialect.name == "sqlite" else postgres_insert
    fresh = {"state": Standing.UNKNOWN, "seen_by": "action", "seen_at": clock.now(), **values}
    statement = make(DeviceSoftware).values(software_id=software_id, device_id=device_id, **fresh)
    await session.execute(
        statement.on_conflict_do_update(index_elements=["software_id", "device_id"], set_=cast("Any", values))
    )
    changed(
        session,
        "software",
        f"software:{software_id}",
        f"device-software:{device_id}",
        tenant_id=values["tenant_id"],
    )
