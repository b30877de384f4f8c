"""The rules of images and their imports."""

from typing import Any
from urllib.parse import unquote
from uuid import UUID

from sqlalchemy import delete as delete_rows
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from deployflow.identity.access import Principal
from deployflow.images import fetching, importing, queries
from deployflow.images.environments import add_boot_environment
from deployflow.images.errors import (
    ImageInUse,
    ImageNameTaken,
    ImportRunning,
    ImportStateWrong,
)
from deployflow.images.models import (
    BootEnvironmentFile,
    ImageBootFile,
    ImageImport,
    OsImage,
)
from deployflow.images.schemas import ImageChange, ImportIn
from deployflow.images.states import UNFINISHED, ImageState, ImportState, advance
from deployflow.platform import clock, jobs, storage, trail
from deployflow.platform.changes import changed
from deployflow.platform.db import after_commit, flush_name
from deployflow.platform.ids import new_id
from deployflow.platform.importing import SourceWrong, require_in_folder
from deployflow.platform.outgoing import AddressRefused, Outgoing
from deployflow.platform.preconditions import require_version
from deployflow.platform.runtime import Runtime
from deployflow.uploads import service as uploads
from deployflow.uploads.schemas import plain_name

__all__ = ["add_boot_environment"]

storage.keep_columns(
    OsImage.content_sha256,
    OsImage.wim_sha256,
    ImageImport.source_sha256,
    ImageImport.wim_sha256,
    ImageBootFile.sha256,
    BootEnvironmentFile.sha256,
)


async def begin_import(session: AsyncSession, runtime: Runtime, admin: Principal, new: ImportIn) -> OsImage:
    """Make the image that is to be, and have its file imported.

    Raises:
        ImageNameTaken, SourceWrong, and what an upload can have wrong.
    """
    image = OsImage(
        id=new_id(),
        tenant_id=admin.tenant_id,
        name=new.name,
        image_version=new.image_version,
        description=new.description,
        state=ImageState.IMPORTING,
        download_url=new.url,
    )
    row = ImageImport(
        id=new_id(),
        tenant_id=admin.tenant_id,
        image_id=image.id,
        expected_sha256=new.sha256,
        state=ImportState.QUEUED,
        created_by_id=admin.id,
        created_by_name=admin.name,
    )
    await _set_source(session, runtime, row, new)
    session.add(image)
    await _flush_name(session, image)
    session.add(row)
    _note(session, "image.import_queued", image, {"source": (None, row.source), "file": (None, row.file_name)})
    jobs.queued(session, importing.KIND)
    return image


async def change(session: AsyncSession, image_id: UUID, wanted: ImageChange, *, expected: int | None) -> None:
    """Rename or describe it.

    Raises:
        ImageNotFound, ImageNameTaken, PreconditionFailed.
    """
    image = await queries.get_image(session, image_id)
    require_version(image, expected)
    told = trail.take_over(image, wanted, "name", "image_version", "description")
    if told:
        image.updated_at = clock.now()
        await _flush_name(session, image)
        _note(session, "image.changed", image, told)


async def delete(session: AsyncSession, runtime: Runtime, image_id: UUID, *, expected: int | None) -> None:
    """Take it out of the library. Its file goes with a later sweep, when nothing else uses it.

    Raises:
        ImageNotFound, ImportRunning, ImageInUse, PreconditionFailed.
    """
    image = await queries.get_image(session, image_id)
    require_version(image, expected)
    row = image.import_row
    if row.state in UNFINISHED:
        raise ImportRunning
    if row.upload_id is not None:
        await uploads.forget(session, runtime, row.upload_id)
    try:
        await session.execute(delete_rows(OsImage).where(OsImage.id == image_id))
    except IntegrityError as error:
        raise ImageInUse from error
    after_commit(session, lambda: fetching.forget(runtime, row.id))
    _note(session, "image.deleted", image, {})


async def cancel_import(session: AsyncSession, import_id: UUID) -> ImageImport:
    """Call it off: at once while it waits, within a second or two while it runs.

    Raises:
        ImportNotFound, ImportStateWrong.
    """
    row = await queries.get_import(session, import_id)
    image = await queries.get_image(session, row.image_id)
    if row.state not in UNFINISHED:
        raise ImportStateWrong(f"The import is {row.state} already")
    if row.cancel_requested_at is None:
        row.cancel_requested_at = clock.now()
        if row.state == ImportState.QUEUED:
            row.state = advance(ImportState.QUEUED, "cancel")
            row.finished_at = clock.now()
            image.state = ImageState.FAILED
        _note(session, "image.import_stopped", image, {})
    return row


async def retry_import(session: AsyncSession, import_id: UUID) -> ImageImport:
    """Begin once more. What was fetched and is whole is not fetched again.

    Raises:
        ImportNotFound, ImportStateWrong.
    """
    row = await queries.get_import(session, import_id)
    image = await queries.get_image(session, row.image_id)
    row.state = advance(ImportState(row.state), "retry")
    if row.source == "upload" and row.upload_id is None and row.source_sha256 is None:
        raise ImportStateWrong("The uploaded file is gone: delete the image, upload the file again and import that")
    row.attempt += 1
    row.error_code = row.error_message = row.stopped_in = None
    row.resumed = 0
    row.cancel_requested_at = row.finished_at = None
    row.updated_at = clock.now()
    image.state = ImageState.IMPORTING
    _note(session, "image.import_retried", image, {"attempt": (row.attempt - 1, row.attempt)})
    jobs.queued(session, importing.KIND)
    return row


async def _set_source(session: AsyncSession, runtime: Runtime, row: ImageImport, new: ImportIn) -> None:
    if new.upload_id is not None:
        upload = await uploads.take(session, runtime, new.upload_id, purpose="image")
        row.source, row.upload_id, row.file_name = "upload", upload.id, upload.file_name
    elif new.url is not None:
        try:
            parts = Outgoing(runtime.settings.fetch_allowed).check(new.url)
        except AddressRefused as error:
            raise SourceWrong(str(error)) from error
        row.source, row.url, row.file_name = "url", new.url, plain_name(unquote(parts.path) or parts.netloc)
    else:
        assert new.path is not None
        file = require_in_folder(runtime.settings, new.path, endings=fetching.ENDINGS)
        row.source, row.path, row.file_name = "server", new.path, plain_name(file.name)


async def _flush_name(session: AsyncSession, image: OsImage) -> None:
    named = f"'{image.name[:80]}' of version '{image.image_version[:40]}'"
    await flush_name(session, ImageNameTaken(f"There is an image {named} already: choose another"))


def _note(session: AsyncSession, verb: str, image: OsImage, changes: dict[str, tuple[Any, Any]]) -> None:
    trail.note(session, verb, target_type="os_image", target_id=image.id, target_name=image.name, changes=changes)
    changed(session, "images", "image-imports", f"image:{image.id}")
