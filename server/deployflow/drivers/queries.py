"""Reads of driver packs."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from deployflow.devices import queries as devices
from deployflow.drivers.errors import PackNotFound, PackNotReady
from deployflow.drivers.matching import MachineFacts, matches
from deployflow.drivers.models import DriverInf, DriverPack, DriverRule
from deployflow.drivers.schemas import (
    SHOWN_IDS,
    InfOut,
    MachineModel,
    PackName,
    PackOut,
    Rule,
    ServerArchive,
    ServerArchives,
)
from deployflow.drivers.sources import ENDINGS
from deployflow.drivers.states import PackState
from deployflow.platform.importing import files_in_folder
from deployflow.platform.paging import ListField, ListParams, ListSpec, contains, fetch_page
from deployflow.platform.settings import Settings
from deployflow.platform.storage import Content

MAX_INFS = 10_000
_READY = (
    select(DriverPack)
    .where(DriverPack.state == PackState.READY)
    .order_by(DriverPack.name, DriverPack.pack_version, DriverPack.id)
)


def _search(words: str) -> ColumnElement[bool]:
    in_rule = exists().where(
        DriverRule.pack_id == DriverPack.id,
        DriverRule.tenant_id == DriverPack.tenant_id,
        contains(words, DriverRule.sku, DriverRule.manufacturer, DriverRule.model),
    )
    own = contains(words, DriverPack.name, DriverPack.pack_version, DriverPack.description, DriverPack.file_name)
    return or_(own, in_rule)


LIST = ListSpec(
    fields={
        "name": ListField(DriverPack.name, sortable=True),
        "pack_version": ListField(DriverPack.pack_version, sortable=True),
        "state": ListField(DriverPack.state, sortable=True),
        "created_at": ListField(DriverPack.created_at, datetime, sortable=True),
        "updated_at": ListField(DriverPack.updated_at, datetime, sortable=True),
    },
    key=DriverPack.id,
    default_sort="name",
    search=_search,
)


async def list_packs(session: AsyncSession, params: ListParams) -> dict[str, Any]:
    """A page of packs."""
    loading = (selectinload(DriverPack.rules),)
    rows, cursor, total = await fetch_page(session, select(DriverPack), LIST, params, loading=loading)
    return {"items": [shape(row) for row in rows], "next_cursor": cursor, "total": total}


async def get_pack(session: AsyncSession, pack_id: UUID) -> DriverPack:
    """A pack with its rules.

    Raises:
        PackNotFound: 404.
    """
    row = await session.scalar(
        select(DriverPack)
        .where(DriverPack.id == pack_id)
        .options(selectinload(DriverPack.rules))
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise PackNotFound
    return row


async def list_infs(session: AsyncSession, pack_id: UUID, *, words: str | None, broken: bool | None) -> list[InfOut]:
    """The INF files of a pack, in their order; those with the words in path, provider or hardware, if any are given.

    Raises:
        PackNotFound: 404.
    """
    await get_pack(session, pack_id)
    statement = select(DriverInf).where(DriverInf.pack_id == pack_id).order_by(DriverInf.position).limit(MAX_INFS)
    if broken is not None:
        statement = statement.where(DriverInf.error.is_not(None) if broken else DriverInf.error.is_(None))
    rows = await session.scalars(statement)
    return [_shape_inf(row) for row in rows if words is None or _says(row, words.lower())]


async def packs_for(session: AsyncSession, facts: MachineFacts) -> list[DriverPack]:
    """The ready packs that a machine gets, with their INF files, by name. None when nothing matches."""
    statement = _READY.options(selectinload(DriverPack.rules), selectinload(DriverPack.infs))
    return [pack for pack in await session.scalars(statement) if _is_for(pack, facts)]


async def ready_content(session: AsyncSession, pack_id: UUID) -> Content:
    """The archive that machines get.

    Raises:
        PackNotFound: 404.
        PackNotReady: 409.
    """
    pack = await get_pack(session, pack_id)
    if pack.state != PackState.READY or pack.content_sha256 is None:
        raise PackNotReady
    return Content(pack.content_sha256, pack.content_bytes or 0)


async def archives(session: AsyncSession, pack_ids: Sequence[UUID]) -> list[dict[str, Any]]:
    """Name and archive of packs, for whoever puts them into something.

    Raises:
        PackNotFound: 404.
        PackNotReady: 409.
    """
    found = []
    for pack_id in pack_ids:
        content, pack = await ready_content(session, pack_id), await get_pack(session, pack_id)
        found.append({"id": str(pack.id), "name": pack.name, "sha256": content.sha256})
    return found


async def machine_models(session: AsyncSession) -> list[MachineModel]:
    """What devices say they are, with the ready packs for it."""
    packs = (await session.scalars(_READY.options(selectinload(DriverPack.rules)))).all()
    return [
        MachineModel(
            manufacturer=found.manufacturer,
            model=found.model,
            sku=found.sku,
            devices=found.devices,
            packs=[PackName.model_validate(pack) for pack in packs if _is_for(pack, found)],
        )
        for found in await devices.models(session)
    ]


def server_archives(settings: Settings) -> ServerArchives:
    """What of the import folder may be a driver pack. Blocks."""
    found = files_in_folder(settings, endings=ENDINGS, folders=True)
    items = [ServerArchive(path=path, size_bytes=size) for path, size in found]
    return ServerArchives(enabled=settings.import_dir is not None, items=items)


def shape(row: DriverPack) -> PackOut:
    return PackOut(
        id=row.id,
        name=row.name,
        pack_version=row.pack_version,
        description=row.description,
        state=PackState(row.state),
        error_code=row.error_code,
        error_message=row.error_message,
        rules=[Rule.model_validate(rule) for rule in row.rules],
        source=cast("Any", row.source),
        file_name=row.file_name,
        path=row.path,
        checksum=row.checksum,
        content_sha256=row.content_sha256,
        content_bytes=row.content_bytes,
        file_count=row.file_count,
        inf_count=row.inf_count,
        broken_inf_count=row.broken_inf_count,
        bytes_done=row.bytes_done,
        bytes_total=row.bytes_total,
        created_by=row.created_by_name,
        created_at=row.created_at,
        updated_at=row.updated_at,
        version=row.version,
    )


def _is_for(pack: DriverPack, machine: MachineFacts) -> bool:
    return any(matches(rule, machine) for rule in pack.rules)


def _shape_inf(row: DriverInf) -> InfOut:
    return InfOut(
        path=row.path,
        device_class=row.device_class,
        provider=row.provider,
        driver_version=row.driver_version,
        driver_date=row.driver_date,
        architectures=row.architectures,
        hardware_ids=row.hardware_ids[:SHOWN_IDS],
        hardware_id_count=len(row.hardware_ids),
        error=row.error,
    )


def _says(row: DriverInf, words: str) -> bool:
    said = (row.path, row.provider or "", row.device_class or "", *row.hardware_ids)
    return any(words in one.lower() for one in said)
