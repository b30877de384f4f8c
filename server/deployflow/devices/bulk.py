"""Changing many devices in one act: all or nothing, and one line on the trail that says how many."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.ext.asyncio import AsyncSession

from deployflow.devices import groups, targets
from deployflow.devices.errors import NobodyMeant
from deployflow.devices.group_schemas import BulkEdit, BulkEdited
from deployflow.devices.models import Device, DeviceGroup, DeviceGroupMember, DeviceTag
from deployflow.devices.schemas import MAX_TAGS
from deployflow.platform import trail
from deployflow.platform.changes import changed
from deployflow.platform.context import Context
from deployflow.platform.errors import Invalid


async def edit(session: AsyncSession, wanted: BulkEdit) -> BulkEdited:
    """Change tags and groups of the devices meant.

    Raises:
        NobodyMeant, FilterWrong, Invalid: 422.
        SomeDevicesMissing, GroupNotFound: 404.
        GroupIsDynamic: 409.
    """
    said = (wanted.add_tags, wanted.remove_tags, wanted.add_to_groups, wanted.remove_from_groups)
    if not any(said):
        raise Invalid("Say what to change: add_tags, remove_tags, add_to_groups or remove_from_groups")
    both = set(wanted.add_tags) & set(wanted.remove_tags)
    if both or set(wanted.add_to_groups) & set(wanted.remove_from_groups):
        raise Invalid(f"{min(both) if both else 'A group'} is both added and removed: choose one")
    joined = await groups.static(session, wanted.add_to_groups)
    left = await groups.static(session, wanted.remove_from_groups)
    ids = await targets.found(session, wanted.targets)
    if not ids:
        raise NobodyMeant("No device matches: nothing was changed")
    affected = await _untag(session, ids, wanted.remove_tags)
    affected |= await _tag(session, ids, wanted.add_tags)
    for group in joined:
        affected |= await _outside(session, ids, group)
    await groups.put_in(session, joined, ids)
    for group in left:
        affected |= set(ids) - await _outside(session, ids, group)
    await groups.take_out(session, left, ids)
    changed(session, "devices", "device_groups")
    trail.note(
        session,
        "device.edited",
        target_type="device",
        target_id=ids[0] if len(ids) == 1 else None,
        target_name=f"{len(ids)} device{'s' if len(ids) > 1 else ''}",
        changes={
            name: (None, what)
            for name, what in {
                "devices": len(ids),
                "changed": len(affected),
                "tags_added": wanted.add_tags,
                "tags_removed": wanted.remove_tags,
                "groups_joined": [group.name for group in joined],
                "groups_left": [group.name for group in left],
            }.items()
            if what or what == 0
        },
    )
    return BulkEdited(devices=len(ids), changed=len(affected))


async def _untag(session: AsyncSession, ids: Sequence[UUID], tags: Sequence[str]) -> set[UUID]:
    affected: set[UUID] = set()
    if not tags:
        return affected
    for piece in targets.chunks(ids):
        ended = await session.execute(
            delete(DeviceTag)
            .where(DeviceTag.device_id.in_(piece), DeviceTag.tag.in_(tags))
            .returning(DeviceTag.device_id)
            .execution_options(synchronize_session=False)
        )
        affected.update(ended.scalars())
    return affected


async def _tag(session: AsyncSession, ids: Sequence[UUID], tags: Sequence[str]) -> set[UUID]:
    affected: set[UUID] = set()
    if not tags:
        return affected
    context: Context = session.info["context"]
    make = sqlite_insert if session.get_bind().dialect.name == "sqlite" else postgres_insert
    for piece in targets.chunks(ids):
        statement = select(DeviceTag.device_id, DeviceTag.tag).where(
            DeviceTag.device_id.in_(piece), DeviceTag.tag.in_(tags)
        )
        present = {(row.device_id, row.tag) for row in await session.execute(statement)}
        new = [(each, tag) for each in piece for tag in tags if (each, tag) not in present]
        if not new:
            continue
        rows = [{"tenant_id": context.tenant_id, "device_id": each, "tag": tag} for each, tag in new]
        await session.execute(make(DeviceTag).on_conflict_do_nothing(), rows)
        await _require_room(session, piece)
        affected.update(each for each, _tag in new)
    return affected


async def _require_room(session: AsyncSession, ids: Sequence[UUID]) -> None:
    full = (
        select(Device.hostname)
        .join(DeviceTag, DeviceTag.device_id == Device.id)
        .where(Device.id.in_(ids))
        .group_by(Device.id, Device.hostname)
        .having(func.count() > MAX_TAGS)
        .order_by(Device.hostname)
    )
    names = list(await session.scalars(full))
    if names:
        more = f" and {len(names) - 1} more" if len(names) > 1 else ""
        raise Invalid(f"A device has {MAX_TAGS} tags at most: {names[0]}{more} would have more. Nothing was changed")


async def _outside(session: AsyncSession, ids: Sequence[UUID], group: DeviceGroup) -> set[UUID]:
    """Those that are not in the group."""
    statement = select(DeviceGroupMember.device_id).where(DeviceGroupMember.group_id == group.id)
    return set(ids) - set(await session.scalars(statement))
