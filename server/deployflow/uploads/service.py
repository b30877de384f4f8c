"""The rules of uploads."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from deployflow.identity.access import Principal
from deployflow.platform import clock, trail
from deployflow.platform.changes import changed
from deployflow.platform.context import Context, system_context
from deployflow.platform.db import after_commit
from deployflow.platform.errors import TooLarge
from deployflow.platform.ids import new_id
from deployflow.platform.runtime import Runtime
from deployflow.platform.storage import content_store, in_words
from deployflow.uploads import files, queries
from deployflow.uploads.errors import QuotaExceeded, UploadNotFound, UploadTaken, UploadUnfinished, WrongPurpose
from deployflow.uploads.files import Checksum
from deployflow.uploads.models import Upload
from deployflow.uploads.schemas import PURPOSES, Purpose
from deployflow.uploads.states import UploadState, advance

KEPT_UNTOUCHED = timedelta(days=7)


async def create(
    session: AsyncSession, runtime: Runtime, admin: Principal, *, purpose: Purpose, file_name: str, size_bytes: int
) -> Upload:
    """Announce a file, before any of it is sent.

    Raises:
        TooLarge, QuotaExceeded, DiskFull: before, not after, gigabytes were sent.
    """
    admin.require(PURPOSES[purpose])
    limit, quota = int(runtime.settings.upload_limit), int(runtime.settings.upload_quota)
    if size_bytes > limit:
        raise TooLarge(f"The file has {in_words(size_bytes)}; the server takes {in_words(limit)} (upload_limit)")
    pending, _ids = await queries.announced(session)
    if pending + size_bytes > quota:
        raise QuotaExceeded(
            f"Uploads of {in_words(pending)} are not used yet and {in_words(quota)} is the limit (upload_quota):"
            " import or cancel them first"
        )
    row = Upload(
        id=new_id(),
        tenant_id=admin.tenant_id,
        purpose=purpose,
        file_name=file_name,
        size_bytes=size_bytes,
        state=UploadState.OPEN,
        created_by_id=admin.id,
        created_by_name=admin.name,
        expires_at=clock.now() + KEPT_UNTOUCHED,
    )
    await _require_space(runtime, size_bytes)
    session.add(row)
    await session.flush()
    await asyncio.to_thread(files.make, runtime, row.id)
    _note(session, "upload.created", row)
    return row


async def receive(
    runtime: Runtime,
    context: Context,
    row: Upload,
    *,
    stream: AsyncIterator[bytes],
    offset: int,
    checksum: Checksum | None,
) -> int:
    """Take a piece; gives how much is here now. No database session is open while it comes.

    Raises:
        OffsetWrong, TooMuch, ChecksumWrong, UploadBusy, DiskFull, UploadNotFound.
    """
    try:
        here = await files.append(runtime, row.id, stream, offset=offset, size=row.size_bytes, checksum=checksum)
    except FileNotFoundError:
        raise UploadNotFound from None
    if here == row.size_bytes:
        async with runtime.db.write(context) as session:
            finished = await session.get(Upload, row.id)
            if finished is not None and finished.state == UploadState.OPEN:
                _finish(finished)
                _note(session, "upload.finished", finished)
    return here


async def cancel(session: AsyncSession, runtime: Runtime, admin: Principal, upload_id: UUID) -> None:
    """Drop it with what has come of it."""
    row = await queries.get_upload(session, admin, upload_id)
    _note(session, "upload.cancelled", row)
    await _forget(session, runtime, row)


async def take(session: AsyncSession, runtime: Runtime, upload_id: UUID, *, purpose: Purpose) -> Upload:
    """Make a finished upload the caller's own, which then `forget`s it.

    Raises:
        UploadNotFound, WrongPurpose, UploadTaken, UploadUnfinished.
    """
    row = await session.scalar(select(Upload).where(Upload.id == upload_id).with_for_update())
    if row is None:
        raise UploadNotFound
    if row.purpose != purpose:
        raise WrongPurpose(f"This file was uploaded as '{row.purpose}', not as '{purpose}'")
    if row.state == UploadState.TAKEN:
        raise UploadTaken
    if row.state == UploadState.OPEN:
        here = await asyncio.to_thread(files.length, runtime, row.id)
        if here != row.size_bytes:
            raise UploadUnfinished(f"{in_words(here)} of {in_words(row.size_bytes)} are here: send the rest first")
        _finish(row)
    row.state = advance(UploadState(row.state), "take")
    return row


async def forget(session: AsyncSession, runtime: Runtime, upload_id: UUID) -> None:
    """Delete what was taken, when its taker is done with it."""
    row = await session.get(Upload, upload_id)
    if row is not None:
        await _forget(session, runtime, row)


async def sweep(runtime: Runtime) -> None:
    """Drop uploads that nobody has sent to for a week, and files that belong to none."""
    now = clock.now()
    async with runtime.db.write(system_context()) as session:
        due = await session.scalars(select(Upload).where(Upload.expires_at <= now, Upload.state != UploadState.TAKEN))
        for row in due:
            idle = await asyncio.to_thread(files.idle_s, runtime, row.id)
            if idle >= KEPT_UNTOUCHED.total_seconds():
                await _forget(session, runtime, row)
            else:
                row.expires_at = now + KEPT_UNTOUCHED - timedelta(seconds=idle)
    async with runtime.db.read(system_context()) as session:
        _total, known = await queries.announced(session)
    await asyncio.to_thread(_remove_strays, runtime, set(known))


def _remove_strays(runtime: Runtime, known: set[UUID]) -> None:
    for upload_id in files.present(runtime):
        if upload_id not in known and files.idle_s(runtime, upload_id) > timedelta(hours=1).total_seconds():
            files.remove(runtime, upload_id)


async def _require_space(runtime: Runtime, size_bytes: int) -> None:
    async with runtime.db.read(system_context()) as everything:
        total, ids = await queries.announced(everything)

    def look() -> None:
        here = sum(files.length(runtime, upload_id) for upload_id in ids)
        runtime.part(content_store).require_space(size_bytes + max(0, total - here))

    await asyncio.to_thread(look)


def _finish(row: Upload) -> None:
    row.state = advance(UploadState(row.state), "finish")
    row.finished_at = clock.now()


async def _forget(session: AsyncSession, runtime: Runtime, row: Upload) -> None:
    await session.execute(delete(Upload).where(Upload.id == row.id))
    after_commit(session, lambda: files.remove(runtime, row.id))
    changed(session, "uploads", tenant_id=row.tenant_id)


def _note(session: AsyncSession, verb: str, row: Upload) -> None:
    told = {"purpose": (None, row.purpose), "size_bytes": (None, row.size_bytes)}
    trail.note(
        session,
        verb,
        target_type="upload",
        target_id=row.id,
        target_name=row.file_name,
        changes=told if verb == "upload.created" else {},
    )
    changed(session, "uploads")
