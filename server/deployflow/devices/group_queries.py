"""Reads of groups."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from deployflow.devices import targets
from deployflow.devices.errors import FilterWrong, GroupNotFound
from deployflow.devices.filter_fields import FIELDS, OPERATORS
from deployflow.devices.group_schemas import DeviceName, FieldList, FieldOut, GroupOut, TargetCount
from deployflow.devices.models import Device, DeviceGroup, DeviceGroupMember
from deployflow.devices.targets import Targets
from deployflow.platform.paging import ListField, ListParams, ListSpec, Page, WrongListParameter, fetch_page


def _search(words: str) -> ColumnElement[bool]:
    return or_(
        func.lower(DeviceGroup.name).contains(words.lower(), autoescape=True),
        func.lower(DeviceGroup.description).contains(words.lower(), autoescape=True),
    )


def _dynamic(op: str, values: list[Any]) -> ColumnElement[bool]:
    if op not in {"eq", "ne", "in"}:
        raise WrongListParameter("filter[is_dynamic] knows the operators eq, ne and in")
    asked = {value != (op == "ne") for value in values}
    return or_(*(DeviceGroup.filter.is_not(None) if dynamic else DeviceGroup.filter.is_(None) for dynamic in asked))


LIST = ListSpec(
    fields={
        "name": ListField(DeviceGroup.name, sortable=True),
        "device_id": ListField(
            DeviceGroupMember.device_id,
            kind=UUID,
            where=lambda _op, values: DeviceGroup.id.in_(
                select(DeviceGroupMember.group_id).where(DeviceGroupMember.device_id.in_(values))
            ),
        ),
        "is_dynamic": ListField(
            DeviceGroup.filter,
            kind=bool,
            where=_dynamic,
        ),
        "updated_at": ListField(DeviceGroup.updated_at, kind=datetime, sortable=True),
    },
    key=DeviceGroup.id,
    default_sort="name",
    search=_search,
)


async def page(session: AsyncSession, params: ListParams) -> Page[GroupOut]:
    """One page of groups, each with the number of its devices now."""
    rows, cursor, total = await fetch_page(session, select(DeviceGroup), LIST, params)
    chosen = await _chosen_counts(session, [row.id for row in rows if not row.is_dynamic])
    items = [await _shape(session, row, chosen.get(row.id, 0)) for row in rows]
    return Page(items=items, next_cursor=cursor, total=total)


async def get(session: AsyncSession, group_id: UUID) -> GroupOut:
    """One group.

    Raises:
        GroupNotFound: 404.
    """
    group = await session.get(DeviceGroup, group_id)
    if group is None:
        raise GroupNotFound
    chosen = await _chosen_counts(session, [group.id])
    return await _shape(session, group, chosen.get(group.id, 0))


def fields() -> FieldList:
    """What rules can be about, for whoever builds a form of it."""
    return FieldList(
        items=[
            FieldOut(
                name=name,
                label=field.label,
                area=field.area,
                kind=field.kind,
                operators=list(OPERATORS[field.kind]),
                choices=list(field.choices),
            )
            for name, field in FIELDS.items()
        ]
    )


async def count(session: AsyncSession, meant: Targets) -> TargetCount:
    """How many devices these are now.

    Raises:
        SomeDevicesMissing, GroupNotFound, FilterWrong.
    """
    which = await targets.condition(session, meant)
    counted = select(Device.online, func.count(Device.id)).where(which).group_by(Device.online)
    by_presence = dict((await session.execute(counted)).all())
    some = select(Device.id, Device.hostname).where(which).order_by(Device.hostname).limit(targets.SAMPLE)
    online, offline = by_presence.get(True, 0), by_presence.get(False, 0)
    return TargetCount(
        total=online + offline,
        online=online,
        offline=offline,
        examples=[DeviceName(id=row.id, hostname=row.hostname) for row in await session.execute(some)],
    )


async def _chosen_counts(session: AsyncSession, group_ids: list[UUID]) -> dict[UUID, int]:
    statement = (
        select(DeviceGroupMember.group_id, func.count())
        .where(DeviceGroupMember.group_id.in_(group_ids))
        .group_by(DeviceGroupMember.group_id)
    )
    return dict((await session.execute(statement)).all())


async def _shape(session: AsyncSession, group: DeviceGroup, chosen: int) -> GroupOut:
    shaped = GroupOut.model_validate(group)
    if not group.is_dynamic:
        return shaped.model_copy(update={"device_count": chosen})
    try:
        found = await targets.count(session, await targets.members(session, group))
    except FilterWrong:
        # Made by another version of the product: it is shown, and finds nobody.
        found = 0
    return shaped.model_copy(update={"device_count": found})
