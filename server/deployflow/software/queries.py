"""Reads of software items."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload, undefer

from deployflow.platform.paging import ListField, ListParams, ListSpec, WrongListParameter, fetch_page
from deployflow.software import on_devices
from deployflow.software.detection import read
from deployflow.software.errors import SoftwareNotFound
from deployflow.software.models import Software, SoftwareTag, SoftwareVersion
from deployflow.software.schemas import ExitCode, InstallerRef, SoftwareCounts, SoftwareOut, SoftwareVersionOut


def _search(words: str) -> ColumnElement[bool]:
    pattern = words.lower()
    columns = (Software.name, Software.description, Software.publisher)
    return or_(*(func.lower(column).contains(pattern, autoescape=True) for column in columns), _has_tag([words]))


def _has_tag(tags: list[Any]) -> ColumnElement[bool]:
    return exists().where(
        SoftwareTag.software_id == Software.id, SoftwareTag.tenant_id == Software.tenant_id, SoftwareTag.tag.in_(tags)
    )


def _tag(op: str, values: list[Any]) -> ColumnElement[bool]:
    if op in {"eq", "in"}:
        return _has_tag(values)
    if op == "ne":
        return ~_has_tag(values)
    raise WrongListParameter(f"filter[tag] does not know the operator '{op[:20]}'")


def _os_family(op: str, values: list[Any]) -> ColumnElement[bool]:
    found = exists().where(
        SoftwareVersion.software_id == Software.id,
        SoftwareVersion.tenant_id == Software.tenant_id,
        SoftwareVersion.number == Software.current_number,
        SoftwareVersion.os_family.in_(values),
    )
    if op in {"eq", "in"}:
        return found
    if op == "ne":
        return ~found
    raise WrongListParameter(f"filter[os_family] does not know the operator '{op[:20]}'")


LIST = ListSpec(
    fields={
        "name": ListField(Software.name, sortable=True),
        "publisher": ListField(Software.publisher, sortable=True),
        "os_family": ListField(SoftwareVersion.os_family, where=_os_family),
        "tag": ListField(SoftwareTag.tag, where=_tag),
        "updated_at": ListField(Software.updated_at, datetime, sortable=True),
        "created_at": ListField(Software.created_at, datetime, sortable=True),
    },
    key=Software.id,
    default_sort="name",
    search=_search,
)


async def list_software(session: AsyncSession, params: ListParams) -> dict[str, Any]:
    """A page of the library."""
    statement = select(Software).where(Software.deleted_at.is_(None)).options(selectinload(Software.tag_rows))
    rows, cursor, total = await fetch_page(session, statement, LIST, params)
    current = await current_versions(session, rows)
    counts = await on_devices.counts(session, [row.id for row in rows])
    items = [_shape(row, current[row.id], counts[row.id]) for row in rows]
    return {"items": items, "next_cursor": cursor, "total": total}


async def get_software(session: AsyncSession, software_id: UUID) -> Software:
    """An item that was not deleted.

    Raises:
        SoftwareNotFound: 404.
    """
    item = await session.scalar(
        select(Software)
        .where(Software.id == software_id, Software.deleted_at.is_(None))
        .options(selectinload(Software.tag_rows))
        .execution_options(populate_existing=True)
    )
    if item is None:
        raise SoftwareNotFound
    return item


async def get_version(session: AsyncSession, software_id: UUID, number: int) -> SoftwareVersion:
    """A version with the pieces of its installer.

    Raises:
        SoftwareNotFound: 404.
    """
    version = await session.scalar(
        select(SoftwareVersion)
        .where(SoftwareVersion.software_id == software_id, SoftwareVersion.number == number)
        .options(undefer(SoftwareVersion.chunks))
    )
    if version is None:
        raise SoftwareNotFound(f"This software has no version {number}")
    return version


async def detail(session: AsyncSession, software_id: UUID) -> SoftwareOut:
    item = await get_software(session, software_id)
    version = await get_version(session, software_id, item.current_number)
    counts = await on_devices.counts(session, [software_id])
    return _shape(item, version, counts[software_id])


async def list_versions(session: AsyncSession, software_id: UUID) -> list[SoftwareVersionOut]:
    """The history, the newest first."""
    item = await get_software(session, software_id)
    found = await session.scalars(
        select(SoftwareVersion)
        .where(SoftwareVersion.software_id == software_id)
        .order_by(SoftwareVersion.number.desc())
        .limit(1000)
    )
    return [shape_version(version, item.current_number) for version in found]


async def current_versions(session: AsyncSession, items: Sequence[Software]) -> dict[UUID, SoftwareVersion]:
    """The current version of each, by the item's id."""
    wanted = [
        and_(SoftwareVersion.software_id == item.id, SoftwareVersion.number == item.current_number) for item in items
    ]
    if not wanted:
        return {}
    found = await session.scalars(select(SoftwareVersion).where(or_(*wanted)))
    return {version.software_id: version for version in found}


def shape_version(version: SoftwareVersion, current_number: int) -> SoftwareVersionOut:
    installer = None
    if version.installer_sha256 is not None:
        installer = InstallerRef(
            file_name=version.installer_name or "installer",
            sha256=version.installer_sha256,
            size_bytes=version.installer_bytes or 0,
        )
    return SoftwareVersionOut(
        version_id=version.id,
        number=version.number,
        is_current=version.number == current_number,
        software_version=version.software_version,
        os_family=cast("Any", version.os_family),
        architecture=cast("Any", version.architecture),
        min_os_version=version.min_os_version,
        install_command=version.install_command,
        uninstall_command=version.uninstall_command,
        detection=None if version.detection is None else read(version.detection),
        inventory_name=version.inventory_name,
        exit_codes=[ExitCode.model_validate(one) for one in version.exit_codes],
        timeout_s=version.timeout_s,
        installer=installer,
        note=version.note,
        created_at=version.created_at,
        created_by=version.created_by_name,
    )


def _shape(item: Software, current: SoftwareVersion, counts: SoftwareCounts) -> SoftwareOut:
    return SoftwareOut(
        id=item.id,
        name=item.name,
        description=item.description,
        publisher=item.publisher,
        icon=item.icon,
        tags=[row.tag for row in item.tag_rows],
        current=shape_version(current, item.current_number),
        devices=counts,
        updated_at=item.updated_at,
        created_at=item.created_at,
        version=item.version,
    )
