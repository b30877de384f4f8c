"""Which devices an act is for: chosen ones, groups, a filter, or all of these together."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Annotated, TypeVar
from uuid import UUID

from pydantic import AfterValidator, Field, model_validator
from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from deployflow.devices import filters
from deployflow.devices.errors import GroupNotFound, SomeDevicesMissing
from deployflow.devices.filter_fields import DeviceFilter
from deployflow.devices.models import Device, DeviceGroup, DeviceGroupMember
from deployflow.devices.schemas import Strict

MAX_CHOSEN = 10_000
MAX_GROUPS = 50
# Values of one statement; both databases take more, and gain nothing.
CHUNK = 5_000
SAMPLE = 5
Item = TypeVar("Item")


def _distinct(ids: list[UUID]) -> list[UUID]:
    return list(dict.fromkeys(ids))


class Targets(Strict):
    """The devices meant. What stands in several of the three is meant once."""

    device_ids: Annotated[list[UUID], Field(max_length=MAX_CHOSEN), AfterValidator(_distinct)] = Field(
        default_factory=list
    )
    group_ids: Annotated[list[UUID], Field(max_length=MAX_GROUPS), AfterValidator(_distinct)] = Field(
        default_factory=list
    )
    filter: DeviceFilter | None = None

    @model_validator(mode="after")
    def _says_something(self) -> "Targets":
        if not self.device_ids and not self.group_ids and self.filter is None:
            raise ValueError("say which devices: device_ids, group_ids or filter")
        return self


async def condition(session: AsyncSession, targets: Targets) -> ColumnElement[bool]:
    """The condition on `Device` that finds them.

    Raises:
        SomeDevicesMissing, GroupNotFound: 404.
        FilterWrong: 422.
    """
    meant: list[ColumnElement[bool]] = []
    if targets.device_ids:
        await _require_devices(session, targets.device_ids)
        meant.append(Device.id.in_(targets.device_ids))
    if targets.group_ids:
        meant.append(await in_groups(session, targets.group_ids))
    if targets.filter is not None:
        meant.append(await filters.checked(session, targets.filter))
    return or_(*meant)


async def in_groups(session: AsyncSession, group_ids: Sequence[UUID]) -> ColumnElement[bool]:
    """Members of any of these groups, as they are now.

    Raises:
        GroupNotFound: 404.
    """
    found = {row.id: row for row in await session.scalars(select(DeviceGroup).where(DeviceGroup.id.in_(group_ids)))}
    missing = [str(group_id) for group_id in group_ids if group_id not in found]
    if missing:
        raise GroupNotFound(f"There is no group {missing[0]}")
    return or_(*[await members(session, found[group_id]) for group_id in group_ids])


async def members(session: AsyncSession, group: DeviceGroup) -> ColumnElement[bool]:
    """The condition on `Device` that a group's members meet."""
    if group.filter is not None:
        return await filters.checked(session, DeviceFilter.model_validate(group.filter))
    return Device.id.in_(select(DeviceGroupMember.device_id).where(DeviceGroupMember.group_id == group.id))


async def count(session: AsyncSession, which: ColumnElement[bool]) -> int:
    return await session.scalar(select(func.count(Device.id)).where(which)) or 0


async def found(session: AsyncSession, targets: Targets) -> list[UUID]:
    """Their ids, once and for all: what follows may change who would match."""
    which = await condition(session, targets)
    return list(await session.scalars(select(Device.id).where(which).order_by(Device.id)))


def chunks(items: Sequence[Item]) -> Iterator[list[Item]]:
    """Pieces that fit into one statement."""
    rest = iter(items)
    while piece := list(islice(rest, CHUNK)):
        yield piece


async def _require_devices(session: AsyncSession, device_ids: Sequence[UUID]) -> None:
    known = set(await session.scalars(select(Device.id).where(Device.id.in_(device_ids))))
    missing = [str(device_id) for device_id in device_ids if device_id not in known]
    if missing:
        more = f" and {len(missing) - 3} more" if len(missing) > 3 else ""  # noqa: PLR2004  enough to find them
        raise SomeDevicesMissing(f"There is no device {', '.join(missing[:3])}{more}: nothing was changed")
