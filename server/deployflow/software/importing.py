"""An installer's way to the server as a durable job: it is fetched, hashed in pieces, and read."""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Event
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from deployflow.images import fetching
from deployflow.platform import clock, jobs, trail
from deployflow.platform.changes import changed
from deployflow.platform.context import system_context
from deployflow.platform.importing import FileProblem, reason_of
from deployflow.platform.jobs import JobKind, Unfinished
from deployflow.platform.progress import CalledOff, Progress
from deployflow.platform.runtime import Runtime
from deployflow.platform.storage import CHUNK_BYTES, content_store
from deployflow.platform.threads import in_thread
from deployflow.software import reading
from deployflow.software.models import SoftwareInstaller
from deployflow.software.states import InstallerState, advance
from deployflow.uploads import files as uploaded
from deployflow.uploads import service as uploads

KIND = "software_installer"
# Machines check each piece of this size by itself: a damaged one is fetched again, not the whole file.
PIECE_BYTES = 16 * 1024**2


async def fetch(runtime: Runtime, installer_id: UUID) -> None:
    """Bring the file to the server."""
    row = await _row(runtime, installer_id)
    if row.source == "upload" or _is_content(runtime, row):
        return
    stop = Event()
    async with _progress(runtime, installer_id, total=None) as progress:
        await in_thread(fetching.download, runtime, installer_id, row.url, progress.reach, stop, stop=stop)


async def verify(runtime: Runtime, installer_id: UUID) -> None:
    """Hash it, whole and in pieces, compare, and make it content."""
    row = await _row(runtime, installer_id)
    if _is_content(runtime, row):
        return
    file = _given_file(runtime, row)
    if not file.exists():
        raise FileProblem("file_missing", "The file is not on the server any more: upload it again")
    async with _progress(runtime, installer_id, total=file.stat().st_size) as progress:
        digest, size, chunks = await in_thread(hash_pieces, file, progress.add)
    if row.expected_sha256 is not None and digest != row.expected_sha256:
        raise FileProblem(
            "checksum_wrong",
            f"The file has the SHA-256 {digest}, and {row.expected_sha256} was expected: it was damaged on its way or"
            " is another file",
        )
    # Written first: the hash of a file that has moved already would be lost with this process.
    async with runtime.db.write(system_context()) as session:
        found = await _alive(session, installer_id)
        found.sha256, found.size_bytes, found.chunks = digest, size, chunks
    await in_thread(runtime.part(content_store).place, file, digest, size)
    await _forget_file(runtime, row)


async def read(runtime: Runtime, installer_id: UUID) -> None:
    """Read what it says of itself, and be ready."""
    row = await _row(runtime, installer_id)
    if row.sha256 is None:
        raise FileProblem("file_missing", "The file is not on the server any more: upload it again")
    facts = await reading.read(runtime.part(content_store).path(row.sha256), row.file_name)
    async with runtime.db.write(system_context()) as session:
        found = await _alive(session, installer_id)
        found.state = advance(InstallerState(found.state), "finish")
        found.facts = facts.model_dump(mode="json", exclude_none=True)
        found.error_code = found.error_message = None
        found.updated_at = found.alive_at = clock.now()
        _note(session, "software_installer.imported", found)


async def failed(runtime: Runtime, installer_id: UUID, error: Exception) -> None:
    """Write into the row why it ended."""
    async with runtime.db.write(system_context()) as session:
        row = await session.get(SoftwareInstaller, installer_id)
        if row is None or row.state != InstallerState.IMPORTING:
            return
        row.state = advance(InstallerState.IMPORTING, "fail")
        row.error_code, row.error_message = reason_of(error)
        row.updated_at = clock.now()
        _note(session, "software_installer.import_failed", row)


async def unfinished(session: AsyncSession) -> Sequence[Unfinished]:
    rows = await session.execute(
        select(SoftwareInstaller.id, SoftwareInstaller.attempt, SoftwareInstaller.alive_at).where(
            SoftwareInstaller.state == InstallerState.IMPORTING
        )
    )
    return [Unfinished(job_id, attempt, alive_at) for job_id, attempt, alive_at in rows]


jobs.register(
    JobKind(name=KIND, steps={"fetch": fetch, "verify": verify, "read": read}, failed=failed, unfinished=unfinished)
)


def hash_pieces(file: Path, progress: Callable[[int], None]) -> tuple[str, int, list[str]]:
    """SHA-256 and length of a file, and the SHA-256 of each of its pieces. Blocks."""
    pieces: list[str] = []
    whole, size = hashlib.sha256(), 0
    with file.open("rb") as opened:
        while True:
            piece, left = hashlib.sha256(), PIECE_BYTES
            while left and (part := opened.read(min(CHUNK_BYTES, left))):
                whole.update(part)
                piece.update(part)
                left -= len(part)
                progress(len(part))
            if left == PIECE_BYTES:
                return whole.hexdigest(), size, pieces
            size += PIECE_BYTES - left
            pieces.append(piece.hexdigest())


def _is_content(runtime: Runtime, row: SoftwareInstaller) -> bool:
    return row.sha256 is not None and runtime.part(content_store).find(row.sha256) is not None


def _given_file(runtime: Runtime, row: SoftwareInstaller) -> Path:
    return uploaded.file_of(runtime, row.upload_id) if row.upload_id else fetching.file_of(runtime, row.id)


async def _forget_file(runtime: Runtime, row: SoftwareInstaller) -> None:
    if row.upload_id is None:
        fetching.forget(runtime, row.id)
        return
    async with runtime.db.write(system_context()) as session:
        await uploads.forget(session, runtime, row.upload_id)


def _progress(runtime: Runtime, installer_id: UUID, *, total: int | None) -> Progress:
    async def write(done: int, known: int | None, _per_second: int | None) -> bool:
        async with runtime.db.write(system_context()) as session:
            tenant_id = await session.scalar(
                select(SoftwareInstaller.tenant_id).where(SoftwareInstaller.id == installer_id)
            )
            if tenant_id is None:
                return False
            await session.execute(
                update(SoftwareInstaller)
                .where(SoftwareInstaller.id == installer_id)
                .values(bytes_done=done, bytes_total=known, alive_at=clock.now())
                .execution_options(synchronize_session=False)
            )
            changed(session, f"software-installer:{installer_id}", tenant_id=tenant_id)
        return True

    return Progress(write, total=total)


async def _row(runtime: Runtime, installer_id: UUID) -> SoftwareInstaller:
    async with runtime.db.read(system_context()) as session:
        return await _alive(session, installer_id)


async def _alive(session: AsyncSession, installer_id: UUID) -> SoftwareInstaller:
    row = await session.get(SoftwareInstaller, installer_id)
    if row is None or row.state != InstallerState.IMPORTING:
        raise CalledOff
    return row


def _note(session: AsyncSession, verb: str, row: SoftwareInstaller) -> None:
    trail.note(
        session,
        verb,
        target_type="software_installer",
        target_id=row.id,
        target_name=row.file_name[:200],
        tenant_id=row.tenant_id,
    )
    changed(session, "software-installers", f"software-installer:{row.id}", tenant_id=row.tenant_id)
