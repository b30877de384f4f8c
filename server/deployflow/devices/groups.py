"""The rules of groups: make, change, delete, put devices in and take them out."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from deployflow.devices import filters, targets
from deployflow.devices.errors import GroupInUse, GroupIsDynamic, GroupNameTaken, GroupNotFound
from deployflow.devices.filter_fields import DeviceFilter
from deployflow.devices.group_schemas import GroupChange, GroupIn, MembersChange
from deployflow.devices.models import DeviceGroup, DeviceGroupMember
from deployflow.devices.targets import Targets
from deployflow.platform import clock, trail
from deployflow.platform.changes import changed
from deployflow.platform.context import Context
from deployflow.platform.errors import Invalid
from deployflow.platform.ids import new_id
from deployflow.platform.preconditions import require_version


async def create(session: AsyncSession, new: GroupIn) -> DeviceGroup:
    """Make a group.

    Raises:
        GroupNameTaken: 409.
        FilterWrong: 422.
        SomeDevicesMissing: 404.
    """
    if new.filter is not None:
        if new.device_ids:
            raise Invalid("A dynamic group has the devices its rules find: leave device_ids out")
        await filters.checked(session, new.filter)
    context: Context = session.info["context"]
    group = DeviceGroup(
        id=new_id(),
        tenant_id=context.tenant_id,
        name=new.name,
        description=new.description,
        filter=_stored(new.filter),
    )
    session.add(group)
    await _flush_name(session, new.name)
    if new.device_ids:
        await put_in(session, [group], await targets.found(session, Targets(device_ids=new.device_ids)))
    _note(session, "device_group.created", group, {"devices": (None, len(set(new.device_ids)))})
    return group


async def change(session: AsyncSession, group_id: UUID, wanted: GroupChange, *, expected: int | None) -> DeviceGroup:
    """Rename or describe it, or give a dynamic one other rules.

    Raises:
        GroupNotFound, GroupNameTaken, GroupIsDynamic, FilterWrong.
    """
    group = await locked(session, group_id)
    require_version(group, expected)
    told: dict[str, tuple[Any, Any]] = {}
    for name in ("name", "description"):
        before, after = getattr(group, name), getattr(wanted, name)
        if after is not None and after != before:
            told[name] = (before, after)
            setattr(group, name, after)
    if wanted.filter is not None and _stored(wanted.filter) != group.filter:
        if not group.is_dynamic:
            raise GroupIsDynamic("The members of this group were chosen: make a new group for a filter")
        await filters.checked(session, wanted.filter)
        told["filter"] = (group.filter, _stored(wanted.filter))
        group.filter = _stored(wanted.filter)
    if told:
        group.updated_at = clock.now()
        await _flush_name(session, group.name)
        _note(session, "device_group.changed", group, told)
    return group


async def remove(session: AsyncSession, group_id: UUID, *, expected: int | None) -> None:
    """Delete a group; its devices stay.

    Raises:
        GroupNotFound: 404.
        GroupInUse: 409, while rules name it: they would find others without it.
    """
    group = await locked(session, group_id)
    require_version(group, expected)
    for other in await session.scalars(select(DeviceGroup).where(DeviceGroup.filter.is_not(None))):
        if group.id in filters.groups_named(DeviceFilter.model_validate(other.filter)):
            raise GroupInUse(f"The rules of '{other.name}' name this group: change those first")
    _note(session, "device_group.deleted", group, {})
    await session.execute(delete(DeviceGroup).where(DeviceGroup.id == group.id))


async def change_members(session: AsyncSession, group_id: UUID, wanted: MembersChange) -> DeviceGroup:
    """Put devices into a static group, and take others out.

    Raises:
        GroupNotFound, SomeDevicesMissing: 404.
        GroupIsDynamic: 409.
    """
    (group,) = await static(session, [group_id])
    added = 0
    if wanted.add:
        added = await put_in(session, [group], await targets.found(session, Targets(device_ids=wanted.add)))
    removed = await take_out(session, [group], wanted.remove)
    group.updated_at = clock.now()
    await session.flush()
    _note(session, "device_group.members_changed", group, {"added": (None, added), "removed": (None, removed)})
    changed(session, "devices")
    return group


async def static(session: AsyncSession, group_ids: Sequence[UUID]) -> list[DeviceGroup]:
    """Groups whose members are chosen, locked for a change.

    Raises:
        GroupNotFound, GroupIsDynamic.
    """
    groups = [await locked(session, group_id) for group_id in sorted(set(group_ids))]
    for group in groups:
        if group.is_dynamic:
            raise GroupIsDynamic(f"'{group.name}' has the devices that its rules find: change those")
    return groups


async def put_in(session: AsyncSession, groups: Sequence[DeviceGroup], device_ids: Sequence[UUID]) -> int:
    """Make devices members; gives how many memberships are new."""
    make = sqlite_insert if session.get_bind().dialect.name == "sqlite" else postgres_insert
    added = 0
    for group in groups:
        statement = select(DeviceGroupMember.device_id).where(DeviceGroupMember.group_id == group.id)
        present = set(await session.scalars(statement))
        new = [device_id for device_id in device_ids if device_id not in present]
        for piece in targets.chunks(new):
            rows = [{"tenant_id": group.tenant_id, "group_id": group.id, "device_id": each} for each in piece]
            await session.execute(make(DeviceGroupMember).on_conflict_do_nothing(), rows)
        added += len(new)
    return added


async def take_out(session: AsyncSession, groups: Sequence[DeviceGroup], device_ids: Sequence[UUID]) -> int:
    """End memberships; gives how many there were."""
    removed = 0
    for group in groups:
        for piece in targets.chunks(device_ids):
            ended = await session.execute(
                delete(DeviceGroupMember)
                .where(DeviceGroupMember.group_id == group.id, DeviceGroupMember.device_id.in_(piece))
                .returning(DeviceGroupMember.device_id)
                .execution_options(synchronize_session=False)
            )
            removed += len(ended.all())
    return removed


async def locked(session: AsyncSession, group_id: UUID) -> DeviceGroup:
    """A group for a change.

    Raises:
        GroupNotFound: 404.
    """
    group = await session.scalar(select(DeviceGroup).where(DeviceGroup.id == group_id).with_for_update())
    if group is None:
        raise GroupNotFound
    return group


def _stored(wanted: DeviceFilter | None) -> dict[str, Any] | None:
    return None if wanted is None else wanted.model_dump(mode="json")


def _note(session: AsyncSession, verb: str, group: DeviceGroup, changes: dict[str, tuple[Any, Any]]) -> None:
    changed(session, "device_groups", f"device_group:{group.id}")
    trail.note(
        session,
        verb,
        target_type="device_group",
        target_id=group.id,
        target_name=group.name,
        changes=changes,
    )


async def _flush_name(session: AsyncSession, name: str) -> None:
    try:
        await session.flush()
    except IntegrityError as error:
        raise GroupNameTaken(f"There is a group '{name}' already: choose another name") from error
