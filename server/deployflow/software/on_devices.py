"""How items stand on devices: what was last seen there, and what the ledger still has to do."""

from collections.abc import Sequence
from typing import Any, cast
from uuid import UUID

from sqlalchemy import case, func, or_, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from deployflow.actions.models import Action, is_in
from deployflow.actions.states import Status
from deployflow.devices.models import Device
from deployflow.platform.paging import ListField, ListParams, ListSpec, fetch_page
from deployflow.software.models import DeviceSoftware, Software, SoftwareBundleItem, SoftwareVersion
from deployflow.software.schemas import SoftwareCounts, SoftwareOfDevice
from deployflow.software.states import Standing

# Kinds of actions after which an item may stand otherwise than before.
CHANGING = ("install_software", "uninstall_software")
MAX_OF_DEVICE = 1000


# An order names an item, or a bundle that holds it.
_NAMED = union_all(
    select(Software.id.label("software_id"), Software.id.label("source_id")),
    select(SoftwareBundleItem.software_id, SoftwareBundleItem.bundle_id),
).subquery("named")


def _live() -> Any:
    return (Action.kind.in_(CHANGING), is_in(Status.PENDING, Status.LEASED, Status.RUNNING))


async def counts(session: AsyncSession, software_ids: Sequence[UUID]) -> dict[UUID, SoftwareCounts]:
    """For each item: on how many devices it stands how."""
    found = {software_id: SoftwareCounts() for software_id in software_ids}
    if not found:
        return found
    states = await session.execute(
        select(
            DeviceSoftware.software_id,
            DeviceSoftware.state,
            func.count(),
            func.count(DeviceSoftware.error_code),
        )
        .where(DeviceSoftware.software_id.in_(software_ids))
        .group_by(DeviceSoftware.software_id, DeviceSoftware.state)
    )
    for software_id, state, number, failed in states:
        one = found[software_id]
        setattr(one, state, number)
        one.failed += failed
    pending = await session.execute(
        select(_NAMED.c.software_id, func.count(func.distinct(Action.device_id)))
        .join(Action, Action.source_id == _NAMED.c.source_id)
        .where(_NAMED.c.software_id.in_(software_ids), *_live())
        .group_by(_NAMED.c.software_id)
    )
    for software_id, number in pending:
        found[software_id].pending = number
    return found


_DEVICES = ListSpec(
    fields={
        "hostname": ListField(Device.hostname, sortable=True),
        "online": ListField(Device.online, bool),
        "seen": ListField(DeviceSoftware.state),
        "error_code": ListField(DeviceSoftware.error_code),
    },
    key=Device.id,
    default_sort="hostname",
    search=lambda words: Device.search_text.contains(words.lower(), autoescape=True),
)


async def devices_of(session: AsyncSession, software_id: UUID, params: ListParams) -> dict[str, Any]:
    """Where an item is, was, or is to be."""
    sources = select(_NAMED.c.source_id).where(_NAMED.c.software_id == software_id)
    waiting = select(Action.device_id).where(Action.source_id.in_(sources), *_live())
    statement = (
        select(Device)
        .outerjoin(
            DeviceSoftware, (DeviceSoftware.device_id == Device.id) & (DeviceSoftware.software_id == software_id)
        )
        .where(or_(DeviceSoftware.software_id.is_not(None), Device.id.in_(waiting)))
    )
    rows, cursor, total = await fetch_page(session, statement, _DEVICES, params)
    ids = [row.id for row in rows]
    seen = {
        one.device_id: one
        for one in await session.scalars(
            select(DeviceSoftware).where(DeviceSoftware.software_id == software_id, DeviceSoftware.device_id.in_(ids))
        )
    }
    pending: dict[UUID, UUID] = dict(
        (await session.execute(
            select(Action.device_id, Action.id).where(
                Action.source_id.in_(sources), Action.device_id.in_(ids), *_live()
            )
        )).all()
    )  # fmt: skip
    items = [
        {
            "device_id": row.id,
            "hostname": row.hostname,
            "online": row.online,
            **_standing(seen.get(row.id), pending.get(row.id)),
        }
        for row in rows
    ]
    return {"items": items, "next_cursor": cursor, "total": total}


async def software_of(session: AsyncSession, device: Device) -> list[SoftwareOfDevice]:
    """The items for this device's system: how each stands there. Those that can be installed are missing or unknown."""
    rows: Any = await session.execute(
        select(Software, SoftwareVersion, DeviceSoftware)
        .join(
            SoftwareVersion,
            (SoftwareVersion.software_id == Software.id) & (SoftwareVersion.number == Software.current_number),
        )
        .outerjoin(
            DeviceSoftware, (DeviceSoftware.software_id == Software.id) & (DeviceSoftware.device_id == device.id)
        )
        .where(
            Software.deleted_at.is_(None),
            case((DeviceSoftware.software_id.is_not(None), True), else_=_fits(device)),
        )
        .order_by(Software.name, Software.id)
        .limit(MAX_OF_DEVICE)
    )
    pending: dict[UUID, UUID] = dict(
        (await session.execute(
            select(_NAMED.c.software_id, Action.id)
            .join(Action, Action.source_id == _NAMED.c.source_id)
            .where(Action.device_id == device.id, *_live())
        )).all()
    )  # fmt: skip
    return [_of_device(item, version, seen, pending.get(item.id)) for item, version, seen in rows]


def _fits(device: Device) -> Any:
    return (SoftwareVersion.os_family == device.os_family) & or_(
        SoftwareVersion.architecture.is_(None), SoftwareVersion.architecture == device.architecture
    )


def _of_device(
    item: Software, version: SoftwareVersion, seen: DeviceSoftware | None, pending: UUID | None
) -> SoftwareOfDevice:
    return SoftwareOfDevice(
        software_id=item.id,
        name=item.name,
        publisher=item.publisher,
        icon=item.icon,
        software_version=version.software_version,
        can_uninstall=version.uninstall_command is not None,
        can_detect=version.detection is not None,
        **_standing(seen, pending),
    )


def _standing(seen: DeviceSoftware | None, pending: UUID | None) -> dict[str, Any]:
    return {
        "state": "pending" if pending else seen.state if seen else "unknown",
        "seen": None if seen is None else Standing(seen.state),
        "found_version": seen.found_version if seen else None,
        "seen_by": cast("Any", seen.seen_by if seen else None),
        "seen_at": seen.seen_at if seen else None,
        "action_id": pending or (seen.action_id if seen else None),
        "error_code": seen.error_code if seen else None,
        "error_message": seen.error_message if seen else None,
    }
