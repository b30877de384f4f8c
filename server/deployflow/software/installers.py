"""The rules of installers, and reads of them."""

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, cast
from urllib.parse import unquote
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import undefer

from deployflow.identity.access import Principal
from deployflow.images import fetching
from deployflow.platform import clock, jobs, storage, trail
from deployflow.platform.changes import changed
from deployflow.platform.context import system_context
from deployflow.platform.db import after_commit
from deployflow.platform.ids import new_id
from deployflow.platform.importing import SourceWrong
from deployflow.platform.outgoing import AddressRefused, Outgoing
from deployflow.platform.runtime import Runtime
from deployflow.software import importing
from deployflow.software.errors import InstallerNotFound, InstallerNotReady, InstallerStateWrong
from deployflow.software.installer_schemas import InstallerFacts, InstallerIn, InstallerOut
from deployflow.software.models import Software, SoftwareInstaller, SoftwareVersion
from deployflow.software.states import InstallerState, advance
from deployflow.uploads import service as uploads
from deployflow.uploads.schemas import plain_name

storage.keep_columns(SoftwareInstaller.sha256)
# An action that was queued before an item was deleted may still fetch its file.
KEPT_AFTER_DELETE = timedelta(days=30)

KEPT = timedelta(days=7)
MAX_LISTED = 200


async def begin(session: AsyncSession, runtime: Runtime, admin: Principal, new: InstallerIn) -> SoftwareInstaller:
    """Have a file brought here and read.

    Raises:
        SourceWrong, and what an upload can have wrong.
    """
    row = SoftwareInstaller(
        id=new_id(),
        tenant_id=admin.tenant_id,
        state=InstallerState.IMPORTING,
        expected_sha256=new.sha256,
        created_by_id=admin.id,
        created_by_name=admin.name,
    )
    if new.upload_id is not None:
        upload = await uploads.take(session, runtime, new.upload_id, purpose="software")
        row.source, row.upload_id, row.file_name = "upload", upload.id, file_name(upload.file_name)
    else:
        assert new.url is not None
        try:
            parts = Outgoing(runtime.settings.fetch_allowed).check(new.url)
        except AddressRefused as error:
            raise SourceWrong(str(error)) from error
        row.source, row.url = "url", new.url
        row.file_name = file_name(plain_name(unquote(parts.path) or parts.netloc))
    session.add(row)
    await session.flush()
    _note(session, "software_installer.queued", row, {"file": (None, row.file_name)})
    jobs.queued(session, importing.KIND)
    return row


async def retry(session: AsyncSession, installer_id: UUID) -> None:
    """Begin once more.

    Raises:
        InstallerNotFound, InstallerStateWrong.
    """
    row = await get(session, installer_id)
    after = advance(InstallerState(row.state), "retry")
    if row.source == "upload" and row.upload_id is None and row.sha256 is None:
        raise InstallerStateWrong("The uploaded file is gone: upload it again")
    row.state = after
    row.attempt += 1
    row.error_code = row.error_message = None
    row.alive_at = row.updated_at = clock.now()
    _note(session, "software_installer.retried", row, {"attempt": (row.attempt - 1, row.attempt)})
    jobs.queued(session, importing.KIND)


async def delete(session: AsyncSession, runtime: Runtime, installer_id: UUID) -> None:
    """Drop it. Items that were made of it keep the file.

    Raises:
        InstallerNotFound.
    """
    row = await get(session, installer_id)
    _note(session, "software_installer.deleted", row, {})
    await _drop(session, runtime, row)


async def sweep(runtime: Runtime) -> None:
    """Drop what nobody touched for a week: what was wanted of it is in an item."""
    async with runtime.db.write(system_context()) as session:
        statement = select(SoftwareInstaller).where(
            SoftwareInstaller.updated_at <= clock.now() - KEPT, SoftwareInstaller.state != InstallerState.IMPORTING
        )
        for row in await session.scalars(statement.limit(MAX_LISTED)):
            await _drop(session, runtime, row)


@storage.keep_what
async def named_by_items(session: AsyncSession) -> set[str]:
    """The files of items that are in the library, or were not long ago."""
    found = await session.scalars(
        select(SoftwareVersion.installer_sha256)
        .join(Software, Software.id == SoftwareVersion.software_id)
        .where(
            SoftwareVersion.installer_sha256.is_not(None),
            or_(Software.deleted_at.is_(None), Software.deleted_at > clock.now() - KEPT_AFTER_DELETE),
        )
    )
    return {sha256 for sha256 in found if sha256 is not None}


async def get(session: AsyncSession, installer_id: UUID) -> SoftwareInstaller:
    """An installer.

    Raises:
        InstallerNotFound: 404.
    """
    row = await session.scalar(select(SoftwareInstaller).where(SoftwareInstaller.id == installer_id))
    if row is None:
        raise InstallerNotFound
    return row


async def require_ready(session: AsyncSession, installer_id: UUID) -> SoftwareInstaller:
    """An installer with its pieces, ready to become part of an item.

    Raises:
        InstallerNotFound: 404; InstallerNotReady: 409.
    """
    row = await session.scalar(
        select(SoftwareInstaller).where(SoftwareInstaller.id == installer_id).options(undefer(SoftwareInstaller.chunks))
    )
    if row is None:
        raise InstallerNotFound
    if row.state != InstallerState.READY:
        raise InstallerNotReady
    return row


async def list_installers(session: AsyncSession) -> Sequence[InstallerOut]:
    """The newest first."""
    rows = await session.scalars(
        select(SoftwareInstaller)
        .order_by(SoftwareInstaller.created_at.desc(), SoftwareInstaller.id.desc())
        .limit(MAX_LISTED)
    )
    return [shape(row) for row in rows]


def shape(row: SoftwareInstaller) -> InstallerOut:
    return InstallerOut(
        id=row.id,
        state=cast("Any", row.state),
        error_code=row.error_code,
        error_message=row.error_message,
        source=cast("Any", row.source),
        file_name=row.file_name,
        url=row.url,
        sha256=row.sha256,
        size_bytes=row.size_bytes,
        facts=None if row.facts is None else InstallerFacts.model_validate(row.facts),
        bytes_done=row.bytes_done,
        bytes_total=row.bytes_total,
        created_by=row.created_by_name,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def file_name(given: str) -> str:
    """A name that is the same on every machine: it becomes a file there, and an argument of a command."""
    plain = re.sub(r"[^A-Za-z0-9._+]+", "-", given).strip(".-") or "installer"
    stem, dot, ending = plain.rpartition(".")
    return f"{stem[:100].rstrip('-.')}.{ending[:10].lower()}" if dot else plain[:100]


async def _drop(session: AsyncSession, runtime: Runtime, row: SoftwareInstaller) -> None:
    if row.upload_id is not None:
        await uploads.forget(session, runtime, row.upload_id)
    if row.source == "url":
        after_commit(session, lambda: fetching.forget(runtime, row.id))
    await session.delete(row)


def _note(session: AsyncSession, verb: str, row: SoftwareInstaller, changes: dict[str, tuple[Any, Any]]) -> None:
    trail.note(
        session,
        verb,
        target_type="software_installer",
        target_id=row.id,
        target_name=row.file_name[:200],
        changes=changes,
    )
    changed(session, "software-installers", f"software-installer:{row.id}")
