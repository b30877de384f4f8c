"""An import, step by step, as a durable job. Each step may run twice: it looks first at what is there already."""

from collections.abc import Sequence
from pathlib import Path
from threading import Event
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from deployflow.images import discs, fetching, wims
from deployflow.images.models import ImageBootFile, ImageEdition, ImageImport, OsImage
from deployflow.images.progress import progress_of
from deployflow.images.states import UNFINISHED, ImageState, ImportEvent, ImportState, advance
from deployflow.platform import clock, jobs, trail
from deployflow.platform.changes import changed
from deployflow.platform.context import system_context
from deployflow.platform.importing import FileProblem, reason_of
from deployflow.platform.jobs import JobKind, Unfinished
from deployflow.platform.progress import CalledOff, Progress
from deployflow.platform.runtime import Runtime
from deployflow.platform.seven_zip import Entry
from deployflow.platform.storage import Content, ContentStore, content_store, hash_file
from deployflow.platform.threads import in_thread
from deployflow.uploads import files as uploaded
from deployflow.uploads import service as uploads

KIND = "image_import"


async def fetch(runtime: Runtime, import_id: UUID) -> None:
    """Bring the file to the server."""
    row = await _begin(runtime, import_id, "fetch")
    if _have(runtime, row.source_sha256) or row.source == "upload":
        return
    stop = Event()
    async with progress_of(runtime, import_id, total=None) as progress:
        if row.source == "url":
            await in_thread(fetching.download, runtime, import_id, row.url, progress.reach, stop, stop=stop)
        else:
            await in_thread(fetching.copy_in, runtime, import_id, row.path, progress.reach, stop, stop=stop)


async def verify(runtime: Runtime, import_id: UUID) -> None:
    """Hash it, compare, and make it content."""
    row = await _begin(runtime, import_id, "verify")
    store = runtime.part(content_store)
    file = _given_file(runtime, row)
    if _have(runtime, row.source_sha256):
        return
    if not file.exists():
        raise FileProblem("file_missing", "The file is not on the server any more: upload it again")
    if row.source_sha256 is None:
        async with progress_of(runtime, import_id, total=file.stat().st_size) as progress:
            digest, size = await in_thread(lambda: hash_file(file, progress=progress.add))
        if row.expected_sha256 is not None and digest != row.expected_sha256:
            await _forget_file(runtime, row)
            raise FileProblem(
                "checksum_wrong",
                f"The file has the SHA-256 {digest}, and {row.expected_sha256} was expected: it was damaged on its way"
                " or is another file",
            )
        # Written first: the hash of a file that has moved already would be lost with this process.
        await _write(runtime, import_id, source_sha256=digest)
    else:
        digest, size = row.source_sha256, file.stat().st_size
    await in_thread(store.place, file, digest, size)
    await _forget_file(runtime, row)


async def unpack(runtime: Runtime, import_id: UUID) -> None:
    """Take the WIM and what boots out of an ISO."""
    row = await _begin(runtime, import_id, "unpack")
    store, source = runtime.part(content_store), _source(runtime, row)
    kind = await in_thread(_kind_of, source)
    await _write(runtime, import_id, kind=kind)
    if kind != "iso":
        await _write(runtime, import_id, wim_sha256=row.source_sha256)
        return
    contents = await discs.read_contents(source)
    image = next((contents[path] for path in discs.IMAGES if path in contents), None)
    if image is None:
        split = "sources/install.swm" in contents
        raise FileProblem("iso_without_image", _NO_IMAGE_SPLIT if split else _NO_IMAGE)
    boot = {name: contents[path] for name, path in discs.BOOT_FILES.items() if path in contents}
    total = image.size_bytes + sum(entry.size_bytes for entry in boot.values())
    async with progress_of(runtime, import_id, total=total) as progress:
        wim = await _extract(store, source, image, progress)
        taken = {name: await _extract(store, source, entry, progress) for name, entry in boot.items()}
    async with runtime.db.write(system_context()) as session:
        found = await _alive(session, import_id)
        found.wim_sha256 = wim.sha256
        await session.execute(delete(ImageBootFile).where(ImageBootFile.image_id == found.image_id))
        for name, content in taken.items():
            session.add(
                ImageBootFile(
                    tenant_id=found.tenant_id,
                    image_id=found.image_id,
                    name=name,
                    sha256=content.sha256,
                    size_bytes=content.size_bytes,
                )
            )


async def inspect(runtime: Runtime, import_id: UUID) -> None:
    """Read which editions there are."""
    row = await _begin(runtime, import_id, "inspect")
    editions = await wims.read_editions(_wim(runtime, row))
    async with runtime.db.write(system_context()) as session:
        found = await _alive(session, import_id)
        await session.execute(delete(ImageEdition).where(ImageEdition.image_id == found.image_id))
        for one in editions:
            session.add(
                ImageEdition(
                    tenant_id=found.tenant_id,
                    image_id=found.image_id,
                    index=one.index,
                    name=one.name,
                    description=one.description,
                    edition_id=one.edition_id,
                    architecture=one.architecture,
                    build=one.build,
                    languages=one.languages,
                    size_bytes=one.size_bytes,
                )
            )
        image = await session.get_one(OsImage, found.image_id)
        architectures = {one.architecture for one in editions}
        image.architecture = architectures.pop() if len(architectures) == 1 else None


async def prepare(runtime: Runtime, import_id: UUID) -> None:
    """Have the images in both forms, the one that is applied while it comes and the one for DISM; and be ready."""
    row = await _begin(runtime, import_id, "prepare")
    store, wim = runtime.part(content_store), _wim(runtime, row)
    assert row.wim_sha256 is not None
    given = Content(row.wim_sha256, wim.stat().st_size)
    async with progress_of(runtime, import_id, total=None) as progress:
        if await in_thread(wims.is_pipable, wim):
            content, plain = given, await _plain(store, wim, given.size_bytes, progress)
        else:
            with store.new_file(expected_bytes=given.size_bytes) as file:
                await wims.export_pipable(wim, file, on_progress=progress.reach)
                content, plain = await in_thread(file.keep), given
    async with runtime.db.write(system_context()) as session:
        found = await _alive(session, import_id)
        image = await session.get_one(OsImage, found.image_id)
        image.state, image.checksum = ImageState.READY, found.source_sha256
        image.content_sha256, image.content_bytes = content.sha256, content.size_bytes
        image.wim_sha256, image.wim_bytes = plain.sha256, plain.size_bytes
        image.updated_at = clock.now()
        found.state = advance(ImportState(found.state), "finish")
        # What else the image was made of is nobody's any more, and goes with the next sweep.
        found.source_sha256 = found.wim_sha256 = None
        found.finished_at = found.updated_at = clock.now()
        _note(session, "image.imported", image)


async def failed(runtime: Runtime, import_id: UUID, error: Exception) -> None:
    """Write into the row why it ended."""
    async with runtime.db.write(system_context()) as session:
        row = await session.get(ImageImport, import_id)
        if row is None or row.state not in UNFINISHED:
            return
        called_off = isinstance(error, CalledOff)
        row.stopped_in = row.state
        row.state = advance(ImportState(row.state), "cancel" if called_off else "fail")
        row.error_code, row.error_message = (None, None) if called_off else reason_of(error)
        row.finished_at = row.updated_at = clock.now()
        image = await session.get_one(OsImage, row.image_id)
        image.state = ImageState.FAILED
        image.updated_at = clock.now()
        _note(session, "image.import_cancelled" if called_off else "image.import_failed", image)


async def unfinished(session: AsyncSession) -> Sequence[Unfinished]:
    rows = await session.execute(
        select(ImageImport.id, ImageImport.attempt, ImageImport.updated_at).where(ImageImport.state.in_(UNFINISHED))
    )
    return [Unfinished(job_id, attempt, alive_at) for job_id, attempt, alive_at in rows]


jobs.register(
    JobKind(
        name=KIND,
        steps={"fetch": fetch, "verify": verify, "unpack": unpack, "inspect": inspect, "prepare": prepare},
        failed=failed,
        unfinished=unfinished,
    )
)

_NO_IMAGE = (
    "The ISO has no sources/install.wim and no sources/install.esd, so it is no Windows installation disc: take the"
    " multi-edition ISO from Microsoft"
)
_NO_IMAGE_SPLIT = (
    "The ISO holds a split image (install.swm), made for a small USB stick: take Microsoft's own ISO, or join the"
    " parts with `wimlib-imagex join` and import the WIM"
)


def _kind_of(file: Path) -> str:
    kind = wims.kind_of(file) or ("iso" if discs.file_system_of(file) else None)
    if kind is None:
        raise FileProblem(
            "file_kind_unknown",
            "The file is no ISO, WIM or ESD: import what Microsoft's download page or `wimlib-imagex capture` made",
        )
    return kind


async def _extract(store: ContentStore, disc: Path, entry: Entry, progress: Progress) -> Content:
    with store.new_file(expected_bytes=entry.size_bytes) as file:
        await discs.extract(disc, entry, file, on_bytes=progress.add)
        return await in_thread(file.keep)


async def _plain(store: ContentStore, wim: Path, size_bytes: int, progress: Progress) -> Content:
    store.require_space(size_bytes)
    with store.work_folder() as folder:
        file = folder / "image.wim"
        await wims.export_plain(wim, file, on_progress=progress.reach)
        return await in_thread(store.adopt, file)


def _have(runtime: Runtime, sha256: str | None) -> bool:
    return sha256 is not None and runtime.part(content_store).find(sha256) is not None


def _given_file(runtime: Runtime, row: ImageImport) -> Path:
    if row.source == "upload" and row.upload_id is not None:
        return uploaded.file_of(runtime, row.upload_id)
    return fetching.file_of(runtime, row.id)


def _source(runtime: Runtime, row: ImageImport) -> Path:
    return _content(runtime, row.source_sha256)


def _wim(runtime: Runtime, row: ImageImport) -> Path:
    return _content(runtime, row.wim_sha256)


def _content(runtime: Runtime, sha256: str | None) -> Path:
    if sha256 is None or not _have(runtime, sha256):
        raise FileProblem("file_missing", "A file of this import is not on the server any more: retry the import")
    return runtime.part(content_store).path(sha256)


async def _forget_file(runtime: Runtime, row: ImageImport) -> None:
    fetching.forget(runtime, row.id)
    if row.upload_id is not None:
        async with runtime.db.write(system_context()) as session:
            await uploads.forget(session, runtime, row.upload_id)


async def _begin(runtime: Runtime, import_id: UUID, event: ImportEvent) -> ImageImport:
    async with runtime.db.write(system_context()) as session:
        row = await _alive(session, import_id)
        before = row.state
        row.state = advance(ImportState(before), event)
        if row.state == before or (event == "fetch" and before != ImportState.QUEUED):
            row.resumed += 1
        row.bytes_done, row.bytes_total, row.bytes_per_s = 0, None, None
        row.updated_at = clock.now()
        changed(session, "image-imports", f"image:{row.image_id}", tenant_id=row.tenant_id)
        return row


async def _alive(session: AsyncSession, import_id: UUID) -> ImageImport:
    row = await session.get(ImageImport, import_id, with_for_update=True)
    if row is None or row.cancel_requested_at is not None or row.state not in UNFINISHED:
        raise CalledOff
    return row


async def _write(runtime: Runtime, import_id: UUID, **values: str | None) -> None:
    async with runtime.db.write(system_context()) as session:
        row = await _alive(session, import_id)
        for name, value in values.items():
            setattr(row, name, value)


def _note(session: AsyncSession, verb: str, image: OsImage) -> None:
    trail.note(
        session,
        verb,
        target_type="os_image",
        target_id=image.id,
        target_name=image.name,
        tenant_id=image.tenant_id,
    )
    changed(session, "images", "image-imports", f"image:{image.id}", tenant_id=image.tenant_id)
