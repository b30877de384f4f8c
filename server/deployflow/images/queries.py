"""Reads of images and their imports."""

from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from deployflow.images.errors import ImageNotFound, ImageNotReady, ImportNotFound
from deployflow.images.fetching import ENDINGS
from deployflow.images.models import ImageImport, OsImage
from deployflow.images.schemas import EditionOut, FileOut, ImageOut, ImportOut, ServerFile, ServerFiles
from deployflow.images.states import UNFINISHED, ImageState, ImportState
from deployflow.platform.importing import files_in_folder
from deployflow.platform.paging import ListField, ListParams, ListSpec, contains, fetch_page
from deployflow.platform.settings import Settings
from deployflow.platform.storage import Content

_LOADING = (selectinload(OsImage.editions), selectinload(OsImage.boot_files), selectinload(OsImage.import_row))


IMAGES = ListSpec(
    fields={
        "name": ListField(OsImage.name, sortable=True),
        "image_version": ListField(OsImage.image_version, sortable=True),
        "state": ListField(OsImage.state, sortable=True),
        "architecture": ListField(OsImage.architecture),
        "created_at": ListField(OsImage.created_at, datetime, sortable=True),
        "updated_at": ListField(OsImage.updated_at, datetime, sortable=True),
    },
    key=OsImage.id,
    default_sort="name",
    search=lambda words: contains(words, OsImage.name, OsImage.image_version, OsImage.description),
)
IMPORTS = ListSpec(
    fields={
        "state": ListField(ImageImport.state, sortable=True),
        "image_id": ListField(ImageImport.image_id, UUID),
        "source": ListField(ImageImport.source),
        "kind": ListField(ImageImport.kind),
        "created_at": ListField(ImageImport.created_at, datetime, sortable=True),
    },
    key=ImageImport.id,
    default_sort="-created_at",
    search=lambda words: contains(words, ImageImport.file_name),
)


async def list_images(session: AsyncSession, params: ListParams) -> dict[str, Any]:
    """A page of images."""
    rows, cursor, total = await fetch_page(session, select(OsImage), IMAGES, params, loading=_LOADING)
    return {"items": [shape(row) for row in rows], "next_cursor": cursor, "total": total}


async def get_image(session: AsyncSession, image_id: UUID) -> OsImage:
    """An image with its editions, boot files and import.

    Raises:
        ImageNotFound: 404.
    """
    statement = select(OsImage).where(OsImage.id == image_id).options(*_LOADING)
    row = await session.scalar(statement.execution_options(populate_existing=True))
    if row is None:
        raise ImageNotFound
    return row


async def ready_content(session: AsyncSession, image_id: UUID) -> Content:
    """The WIM that machines apply.

    Raises:
        ImageNotFound: 404.
        ImageNotReady: 409.
    """
    row = await get_image(session, image_id)
    if row.state != ImageState.READY or row.content_sha256 is None:
        raise ImageNotReady
    return Content(row.content_sha256, row.content_bytes or 0)


async def list_imports(session: AsyncSession, params: ListParams) -> dict[str, Any]:
    """A page of imports, the newest first."""
    rows, cursor, total = await fetch_page(session, select(ImageImport), IMPORTS, params)
    named: Select[UUID, str] = select(OsImage.id, OsImage.name).where(OsImage.id.in_([row.image_id for row in rows]))
    names: dict[UUID, str] = {image_id: name for image_id, name in await session.execute(named)}  # noqa: C416  rows are no pairs to mypy
    items = [shape_import(row, names[row.image_id]) for row in rows]
    return {"items": items, "next_cursor": cursor, "total": total}


async def get_import(session: AsyncSession, import_id: UUID) -> ImageImport:
    """An import.

    Raises:
        ImportNotFound: 404.
    """
    row = await session.scalar(select(ImageImport).where(ImageImport.id == import_id))
    if row is None:
        raise ImportNotFound
    return row


async def import_detail(session: AsyncSession, import_id: UUID) -> ImportOut:
    row = await get_import(session, import_id)
    name = await session.scalar(select(OsImage.name).where(OsImage.id == row.image_id))
    return shape_import(row, name or "")


def server_files(settings: Settings) -> ServerFiles:
    """What lies in the folder that the operator opened for imports. Blocks."""
    found = files_in_folder(settings, endings=ENDINGS)
    items = [ServerFile(path=path, size_bytes=size) for path, size in found]
    return ServerFiles(enabled=settings.import_dir is not None, items=items)


def shape(row: OsImage) -> ImageOut:
    return ImageOut(
        id=row.id,
        name=row.name,
        image_version=row.image_version,
        description=row.description,
        state=ImageState(row.state),
        architecture=row.architecture,
        download_url=row.download_url,
        checksum=row.checksum,
        content_sha256=row.content_sha256,
        content_bytes=row.content_bytes,
        editions=[EditionOut.model_validate(one) for one in row.editions],
        boot_files=[FileOut.model_validate(one) for one in row.boot_files],
        importing=shape_import(row.import_row, row.name),
        created_at=row.created_at,
        updated_at=row.updated_at,
        version=row.version,
    )


def shape_import(row: ImageImport, image_name: str) -> ImportOut:
    runs = row.state in UNFINISHED
    left = None
    if runs and row.bytes_total and row.bytes_per_s:
        left = max(0, row.bytes_total - row.bytes_done) // row.bytes_per_s
    return ImportOut(
        id=row.id,
        image_id=row.image_id,
        image_name=image_name,
        source=cast("Any", row.source),
        kind=cast("Any", row.kind),
        file_name=row.file_name,
        url=row.url,
        path=row.path,
        expected_sha256=row.expected_sha256,
        state=ImportState(row.state),
        error_code=row.error_code,
        error_message=row.error_message,
        attempt=row.attempt,
        stopped_in=ImportState(row.stopped_in) if row.stopped_in else None,
        resumed=row.resumed,
        bytes_done=row.bytes_done,
        bytes_total=row.bytes_total,
        bytes_per_s=row.bytes_per_s if runs else None,
        seconds_left=left,
        cancelling=runs and row.cancel_requested_at is not None,
        created_by=row.created_by_name,
        created_at=row.created_at,
        updated_at=row.updated_at,
        finished_at=row.finished_at,
    )
