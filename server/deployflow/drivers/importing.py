"""A driver pack's import as a durable job: its archive is hashed, read, and written anew for machines."""

from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from deployflow.drivers import sources
from deployflow.drivers.archives import FoundInf, Packer
from deployflow.drivers.models import DriverInf, DriverPack
from deployflow.drivers.states import PackState, advance
from deployflow.platform import clock, jobs, trail
from deployflow.platform.changes import changed
from deployflow.platform.context import system_context
from deployflow.platform.importing import FileProblem, SourceWrong, reason_of, require_in_folder
from deployflow.platform.jobs import JobKind, Unfinished
from deployflow.platform.progress import CalledOff, Progress
from deployflow.platform.runtime import Runtime
from deployflow.platform.storage import content_store, hash_file
from deployflow.platform.threads import in_thread
from deployflow.uploads import files as uploaded
from deployflow.uploads import service as uploads

KIND = "driver_pack"


async def verify(runtime: Runtime, pack_id: UUID) -> None:
    """Hash what was uploaded, compare, and make it content. What lies in a folder is read where it is."""
    row = await _row(runtime, pack_id)
    store = runtime.part(content_store)
    if row.upload_id is None:
        return
    file = uploaded.file_of(runtime, row.upload_id)
    known = row.source_sha256
    if known is None or store.find(known) is None:
        if not file.exists():
            raise FileProblem("file_missing", "The file is not on the server any more: upload it again")
        async with _progress(runtime, pack_id, total=file.stat().st_size) as progress:
            digest, size = await in_thread(lambda: hash_file(file, progress=progress.add))
        if row.expected_sha256 is not None and digest != row.expected_sha256:
            raise FileProblem(
                "checksum_wrong", f"The file has the SHA-256 {digest}, and {row.expected_sha256} was expected"
            )
        # Written first: the hash of a file that has moved already would be lost with this process.
        async with runtime.db.write(system_context()) as session:
            (await _alive(session, pack_id)).source_sha256 = digest
        await in_thread(store.place, file, digest, size)
    async with runtime.db.write(system_context()) as session:
        await uploads.forget(session, runtime, row.upload_id)


async def pack(runtime: Runtime, pack_id: UUID) -> None:
    """Write the archive for machines, read its INF files, and be ready."""
    row = await _row(runtime, pack_id)
    store = runtime.part(content_store)
    source = await _source(runtime, row)
    total = sources.size_of_folder(source) if source.is_dir() else source.stat().st_size
    kind = "folder" if source.is_dir() else await in_thread(sources.kind_of, source)
    async with _progress(runtime, pack_id, total=None) as progress:
        with store.new_file(expected_bytes=total) as file:
            with Packer(file, count=progress.add) as packer:
                if kind == "folder":
                    await in_thread(sources.pack_folder, source, packer)
                elif kind == "zip":
                    await in_thread(sources.pack_zip, source, packer)
                else:
                    await sources.pack_cab(source, packer)
            content = await in_thread(file.keep)
    packed = packer.packed
    async with runtime.db.write(system_context()) as session:
        found = await _alive(session, pack_id)
        await session.execute(delete(DriverInf).where(DriverInf.pack_id == pack_id))
        session.add_all(
            _inf_row(found, at, one) for at, one in enumerate(sorted(packed.infs, key=lambda one: one.path))
        )
        found.state = advance(PackState(found.state), "finish")
        found.checksum, found.source_sha256 = found.source_sha256, None
        found.content_sha256, found.content_bytes = content.sha256, content.size_bytes
        found.file_count, found.inf_count = packed.files, len(packed.infs)
        found.broken_inf_count = sum(one.error is not None for one in packed.infs)
        found.error_code = found.error_message = None
        found.updated_at = found.alive_at = clock.now()
        _note(session, "driver_pack.imported", found)


async def failed(runtime: Runtime, pack_id: UUID, error: Exception) -> None:
    """Write into the row why it ended."""
    async with runtime.db.write(system_context()) as session:
        row = await session.get(DriverPack, pack_id)
        if row is None or row.state != PackState.IMPORTING:
            return
        row.state = advance(PackState.IMPORTING, "fail")
        row.error_code, row.error_message = reason_of(error)
        row.updated_at = clock.now()
        _note(session, "driver_pack.import_failed", row)


async def unfinished(session: AsyncSession) -> Sequence[Unfinished]:
    rows = await session.execute(
        select(DriverPack.id, DriverPack.attempt, DriverPack.alive_at).where(DriverPack.state == PackState.IMPORTING)
    )
    return [Unfinished(job_id, attempt, alive_at) for job_id, attempt, alive_at in rows]


jobs.register(JobKind(name=KIND, steps={"verify": verify, "pack": pack}, failed=failed, unfinished=unfinished))


async def _source(runtime: Runtime, row: DriverPack) -> Path:
    if row.path is not None:
        try:
            return require_in_folder(runtime.settings, row.path, endings=sources.ENDINGS, folders=True)
        except SourceWrong as error:
            raise FileProblem(error.code, error.detail) from error
    store = runtime.part(content_store)
    if row.source_sha256 is None or store.find(row.source_sha256) is None:
        raise FileProblem("file_missing", "The file of this pack is not on the server any more: upload it again")
    return store.path(row.source_sha256)


def _inf_row(row: DriverPack, position: int, found: FoundInf) -> DriverInf:
    inf = found.inf
    return DriverInf(
        tenant_id=row.tenant_id,
        pack_id=row.id,
        position=position,
        path=found.path,
        device_class=inf.device_class if inf else None,
        provider=inf.provider if inf else None,
        driver_version=inf.driver_version if inf else None,
        driver_date=inf.driver_date if inf else None,
        architectures=inf.architectures if inf else [],
        hardware_ids=inf.hardware_ids if inf else [],
        error=found.error,
    )


def _progress(runtime: Runtime, pack_id: UUID, *, total: int | None) -> Progress:
    async def write(done: int, known: int | None, _per_second: int | None) -> bool:
        async with runtime.db.write(system_context()) as session:
            tenant_id = await session.scalar(select(DriverPack.tenant_id).where(DriverPack.id == pack_id))
            if tenant_id is None:
                return False
            await session.execute(
                update(DriverPack)
                .where(DriverPack.id == pack_id)
                .values(bytes_done=done, bytes_total=known, alive_at=clock.now())
                # A person may edit it meanwhile: progress is no edit.
                .execution_options(synchronize_session=False)
            )
            changed(session, f"driver-pack:{pack_id}", tenant_id=tenant_id)
        return True

    return Progress(write, total=total)


async def _row(runtime: Runtime, pack_id: UUID) -> DriverPack:
    async with runtime.db.read(system_context()) as session:
        return await _alive(session, pack_id)


async def _alive(session: AsyncSession, pack_id: UUID) -> DriverPack:
    row = await session.get(DriverPack, pack_id)
    if row is None or row.state != PackState.IMPORTING:
        raise CalledOff
    return row


def _note(session: AsyncSession, verb: str, row: DriverPack) -> None:
    trail.note(
        session, verb, target_type="driver_pack", target_id=row.id, target_name=row.name, tenant_id=row.tenant_id
    )
    changed(session, "driver-packs", f"driver-pack:{row.id}", tenant_id=row.tenant_id)
