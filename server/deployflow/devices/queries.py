"""Reads of devices."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from deployflow.devices import extras, targets
from deployflow.devices.errors import DeviceNotFound, InventoryNotFound
from deployflow.devices.models import Device, DeviceInventory, DeviceKey, DeviceSample, DeviceTag
from deployflow.devices.schemas import DeviceDetail, DeviceOut, KeyOut, NameCount, Sample, Summary
from deployflow.devices.states import DeviceState
from deployflow.platform import clock
from deployflow.platform.paging import (
    ListField,
    ListParams,
    ListSpec,
    Page,
    WrongListParameter,
    fetch_page,
)

SPARKLINE = timedelta(days=7)
MAX_OS_NAMES = 20
MAX_MODELS = 1000
MAX_WORDS = 8


def _status(op: str, values: list[Any]) -> ColumnElement[bool]:
    unknown = set(values) - {"online", "offline"}
    if unknown:
        raise WrongListParameter("filter[status] knows online and offline")
    if op not in {"eq", "ne", "in"}:
        raise WrongListParameter("filter[status] knows the operators eq, ne and in")
    # Said as the partial indexes say it: PostgreSQL does not take `IS false` for `NOT`.
    asked = {(value == "online") != (op == "ne") for value in values}
    return or_(*(Device.online if online else ~Device.online for online in sorted(asked)))


def _tag(op: str, values: list[Any]) -> ColumnElement[bool]:
    # A set of ids, made once: a correlated EXISTS asks the index of tags again for each of 100,000 rows.
    tagged = select(DeviceTag.device_id)
    if op in {"eq", "in"}:
        return Device.id.in_(tagged.where(DeviceTag.tag.in_(values)))
    if op == "ne":
        return Device.id.not_in(tagged.where(DeviceTag.tag == values[0]))
    if op == "contains":
        return Device.id.in_(tagged.where(DeviceTag.tag.contains(values[0], autoescape=True)))
    raise WrongListParameter("filter[tag] knows the operators eq, ne, in and contains")


def search(words: str) -> ColumnElement[bool]:
    """Devices in which every word occurs, in any of the fields searched."""
    return and_(*(Device.search_text.contains(word, autoescape=True) for word in words.lower().split()[:MAX_WORDS]))


DEVICES = ListSpec(
    fields={
        "hostname": ListField(Device.hostname, sortable=True),
        "status": ListField(Device.online, where=_status),
        "state": ListField(Device.state, sortable=True),
        "os_family": ListField(Device.os_family),
        "os_name": ListField(Device.os_name, sortable=True),
        "manufacturer": ListField(Device.manufacturer),
        "model": ListField(Device.model, sortable=True),
        "serial": ListField(Device.serial),
        "agent_version": ListField(Device.agent_version),
        "tag": ListField(DeviceTag.tag, where=_tag),
        "last_check_in": ListField(Device.last_check_in, kind=datetime, sortable=True),
    },
    key=Device.id,
    default_sort="-last_check_in",
    search=search,
    scan_when_filtered=True,
)


async def page(session: AsyncSession, params: ListParams) -> Page[DeviceOut]:
    """One page of the tenant's devices: their ids from narrow indexes, then their rows."""
    narrowed, params = await _narrowed(session, params)
    ids, cursor, total = await fetch_page(session, narrowed, DEVICES, params)
    statement = select(Device).where(Device.id.in_(ids)).options(selectinload(Device.tag_rows))
    rows = {row.id: row for row in await session.scalars(statement)}
    # One that was retired in between is left out.
    items = [DeviceOut.of(rows[device_id]) for device_id in ids if device_id in rows]
    return Page(items=items, next_cursor=cursor, total=total)


async def _narrowed(session: AsyncSession, params: ListParams) -> tuple[Select[UUID], ListParams]:
    """Ids of devices in the groups asked for, and what else was asked: a group's rules have to be read first.

    Raises:
        GroupNotFound: 404.
    """
    statement = select(Device.id)
    for asked in (each for each in params.filters if each.field == "group"):
        if asked.op not in {"eq", "ne", "in"}:
            raise WrongListParameter("filter[group] knows the operators eq, ne and in")
        try:
            group_ids = [UUID(text) for text in asked.value.split(",")]
        except ValueError as error:
            raise WrongListParameter(f"'{asked.value[:60]}' in filter[group] is no id of a group") from error
        inside = await targets.in_groups(session, group_ids)
        statement = statement.where(~inside if asked.op == "ne" else inside)
    return statement, replace(params, filters=tuple(each for each in params.filters if each.field != "group"))


async def get(session: AsyncSession, device_id: UUID) -> Device:
    """A device with its tags and keys.

    Raises:
        DeviceNotFound: 404.
    """
    statement = (
        select(Device).where(Device.id == device_id).options(selectinload(Device.tag_rows), selectinload(Device.keys))
    )
    device = await session.scalar(statement)
    if device is None:
        raise DeviceNotFound
    return device


async def detail(session: AsyncSession, device: Device) -> DeviceDetail:
    """What a device's page shows."""
    keys: Sequence[DeviceKey] = sorted(device.keys, key=lambda key: key.created_at, reverse=True)
    return DeviceDetail(
        **DeviceOut.fields_of(device),
        active_actions=await extras.active_actions(session, device.id),
        keys=[KeyOut.of(key) for key in keys],
    )


async def inventory(session: AsyncSession, device_id: UUID) -> DeviceInventory:
    """The newest inventory of a device.

    Raises:
        DeviceNotFound, InventoryNotFound: 404.
    """
    row = await session.get(DeviceInventory, device_id)
    if row is not None:
        return row
    if await session.scalar(select(Device.id).where(Device.id == device_id)) is None:
        raise DeviceNotFound
    raise InventoryNotFound


@dataclass(frozen=True, slots=True)
class Model:
    """What machines of one kind say of themselves, and how many of the devices do."""

    manufacturer: str | None
    model: str | None
    sku: str | None
    devices: int


async def models(session: AsyncSession) -> list[Model]:
    """The models that the tenant's devices are of, those with most devices first."""
    said = (Device.manufacturer, Device.model, Device.sku)
    statement = (
        select(*said, func.count())
        .where(Device.state != DeviceState.REVOKED)
        .group_by(*said)
        .order_by(func.count().desc(), Device.manufacturer, Device.model, Device.sku)
        .limit(MAX_MODELS)
    )
    return [
        Model(maker or None, model or None, sku or None, n) for maker, model, sku, n in await session.execute(statement)
    ]


async def summary(session: AsyncSession) -> Summary:
    """Counts of the tenant's devices, and how many were online through the last week."""
    # Two narrow counts, each answered by an index alone, are faster than one over the rows.
    states = select(Device.state, Device.online, func.count()).group_by(Device.state, Device.online)
    groups = (await session.execute(states)).all()
    systems = select(Device.os_name, func.count()).group_by(Device.os_name)
    by_os = [(name or "unknown", n) for name, n in (await session.execute(systems)).all()]

    # Those that a deployment has made wait for their agent, and not for a person.
    made = select(func.count()).where(Device.state == DeviceState.PENDING, Device.pending_key.is_(False))
    expected = await session.scalar(made) or 0

    def count(state: DeviceState, *, online: bool | None = None) -> int:
        return sum(n for at, on, n in groups if at == state and online in {None, on})

    most = sorted(by_os, key=lambda pair: (-pair[1], pair[0]))[:MAX_OS_NAMES]
    samples = await session.scalars(
        select(DeviceSample).where(DeviceSample.at > clock.now() - SPARKLINE).order_by(DeviceSample.at)
    )
    return Summary(
        total=sum(n for _state, _online, n in groups),
        online=count(DeviceState.ACTIVE, online=True),
        offline=count(DeviceState.ACTIVE, online=False),
        pending=count(DeviceState.PENDING) - expected,
        quarantined=count(DeviceState.QUARANTINED),
        revoked=count(DeviceState.REVOKED),
        by_os=[NameCount(name=name, count=n) for name, n in most],
        online_7d=[Sample(at=sample.at, online=sample.online) for sample in samples],
    )
