"""The bytes of uploads: a file each, called by the upload's id, on the disk of the content store."""

import hashlib
import os
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import UUID

from starlette.requests import ClientDisconnect

from deployflow.platform.errors import DiskFull
from deployflow.platform.runtime import Runtime
from deployflow.platform.storage import CHUNK_BYTES, content_store, explained_disk
from deployflow.platform.threads import in_thread
from deployflow.uploads.errors import ChecksumWrong, OffsetWrong, TooMuch, UploadBusy

try:
    import fcntl
except ImportError:  # Windows, where the server is only tried out
    fcntl = None  # type: ignore[assignment]

Checksum = tuple[str, bytes]


def folder_of(runtime: Runtime) -> Path:
    return runtime.part(content_store).folder / "uploads"


def file_of(runtime: Runtime, upload_id: UUID) -> Path:
    return folder_of(runtime) / str(upload_id)


def make(runtime: Runtime, upload_id: UUID) -> None:
    folder_of(runtime).mkdir(parents=True, exist_ok=True)
    with explained_disk():
        file_of(runtime, upload_id).touch(mode=0o640, exist_ok=False)


def remove(runtime: Runtime, upload_id: UUID) -> None:
    file_of(runtime, upload_id).unlink(missing_ok=True)


def length(runtime: Runtime, upload_id: UUID) -> int:
    """How much is here; 0 also for what was removed meanwhile."""
    try:
        return file_of(runtime, upload_id).stat().st_size
    except FileNotFoundError:
        return 0


def idle_s(runtime: Runtime, upload_id: UUID) -> float:
    """How long nobody has sent to it."""
    try:
        return time.time() - file_of(runtime, upload_id).stat().st_mtime
    except FileNotFoundError:
        return float("inf")


def present(runtime: Runtime) -> Iterator[UUID]:
    """The ids of all files here."""
    for file in folder_of(runtime).glob("*"):
        with suppress(ValueError):
            yield UUID(file.name)


async def append(
    runtime: Runtime,
    upload_id: UUID,
    stream: AsyncIterator[bytes],
    *,
    offset: int,
    size: int,
    checksum: Checksum | None,
) -> int:
    """Write what comes behind what is here and give the new length, durable.

    When the client goes away, what came of it stays, unless there is a checksum, which can then not be checked.

    Raises:
        OffsetWrong, TooMuch, ChecksumWrong, UploadBusy, DiskFull.
    """
    opened = await in_thread(_open, file_of(runtime, upload_id))
    try:
        with _alone(opened):
            here = os.fstat(opened).st_size
            if here != offset:
                raise OffsetWrong(f"The upload has {here} bytes: go on there")
            try:
                return await _take(opened, stream, room=size - offset, checksum=checksum) + offset
            except BaseException as error:
                # Of a piece that broke off, also because the server stops, what came stays.
                if checksum is not None or isinstance(error, TooMuch | DiskFull):
                    os.ftruncate(opened, offset)
                raise
            finally:
                await in_thread(os.fsync, opened)
    finally:
        os.close(opened)


async def _take(opened: int, stream: AsyncIterator[bytes], *, room: int, checksum: Checksum | None) -> int:
    # For a check of the way, not against anybody: SHA-1 is what every tus client knows.
    digest = hashlib.new(checksum[0], usedforsecurity=False) if checksum else None
    taken = 0
    async for part in _gathered(stream):
        if taken + len(part) > room:
            raise TooMuch
        if digest is not None:
            digest.update(part)
        await in_thread(_write, opened, part)
        taken += len(part)
    if digest is not None and checksum is not None and digest.digest() != checksum[1]:
        raise ChecksumWrong
    return taken


async def _gathered(stream: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The same bytes in larger pieces: each costs a thread's turn. What came before the client went is given too."""
    waiting = bytearray()
    try:
        async for part in stream:
            waiting += part
            if len(waiting) >= CHUNK_BYTES:
                yield bytes(waiting)
                waiting.clear()
    except ClientDisconnect:
        if waiting:
            yield bytes(waiting)
        raise
    if waiting:
        yield bytes(waiting)


def _open(file: Path) -> int:
    return os.open(file, os.O_RDWR | os.O_APPEND)


def _write(opened: int, part: bytes) -> None:
    left = memoryview(part)
    with explained_disk():
        while left:
            left = left[os.write(opened, left) :]


@contextmanager
def _alone(opened: int) -> Iterator[None]:
    """Two requests that send to one upload would mix; the lock holds between processes and dies with its holder."""
    if fcntl is not None:
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UploadBusy from None
    yield
