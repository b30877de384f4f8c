"""The content store: large files by their SHA-256, in one folder, each written once and never changed.

A name that a client gives never reaches the file system: a file is called by its hash. What is half written lies in
`tmp` and becomes content by one rename, so content is whole or not there, whoever is killed.
"""

import errno
import hashlib
import os
import re
import shutil
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Self
from uuid import uuid4

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from deployflow.platform.errors import DiskFull, TooLarge
from deployflow.platform.runtime import Runtime
from deployflow.platform.settings import Settings

try:
    import fcntl
except ImportError:  # Windows, where the server is only tried out
    fcntl = None  # type: ignore[assignment]

log = structlog.get_logger(__name__)

CHUNK_BYTES = 1024 * 1024
# Content that nothing refers to yet may be about to be referred to; an hour is far more than that takes.
GRACE_S = 3600
# A writer touches its file all the time; one that has not for a day is dead.
ABANDONED_S = 24 * 3600
_SHA256 = re.compile(r"[0-9a-f]{64}")

References = Callable[[AsyncSession], Awaitable[set[str]]]
_references: list[References] = []


class WrongHash(ValueError):
    """What was written is not what was expected."""

    def __init__(self, *, expected: str, got: str) -> None:
        super().__init__(f"has the SHA-256 {got}, not {expected}")
        self.expected = expected
        self.got = got


@dataclass(frozen=True, slots=True)
class Content:
    """A file of the store."""

    sha256: str
    size_bytes: int


def keep_what(references: References) -> References:
    """Register who refers to content. What nobody refers to is deleted after a while."""
    if references not in _references:
        _references.append(references)
    return references


def keep_columns(*columns: Any) -> References:
    """Register columns that hold hashes of content."""

    async def named(session: AsyncSession) -> set[str]:
        found: set[str] = set()
        for column in columns:
            found.update(await session.scalars(select(column).where(column.is_not(None))))
        return found

    return keep_what(named)


class ContentStore:
    """The store of one installation. Its methods block: call them in a thread."""

    def __init__(self, settings: Settings) -> None:
        self.folder = settings.content_dir or settings.data_dir / "content"
        self._reserve = int(settings.disk_reserve)

    @property
    def tmp(self) -> Path:
        return self.folder / "tmp"

    def path(self, sha256: str) -> Path:
        """Where content of this hash is, or would be."""
        if not _SHA256.fullmatch(sha256):
            raise ValueError(f"{sha256[:80]!r} is no SHA-256 in lower case hex")
        return self.folder / sha256[:2] / sha256

    def find(self, sha256: str) -> Content | None:
        """The content, when it is here."""
        try:
            return Content(sha256, self.path(sha256).stat().st_size)
        except FileNotFoundError:
            return None

    def free_bytes(self) -> int:
        """What may still be written: the disk's free space without the reserve that the database lives from."""
        self.tmp.mkdir(parents=True, exist_ok=True)
        return max(0, shutil.disk_usage(self.folder).free - self._reserve)

    def require_space(self, wanted: int) -> None:
        """Refuse before anything is written.

        Raises:
            DiskFull: 507 `disk_full`.
        """
        free = self.free_bytes()
        if wanted > free:
            raise DiskFull(
                f"This needs {in_words(wanted)} on the server's disk and {in_words(free)} may be used: free some"
                " space there, or set DEPLOYFLOW_CONTENT_DIR to a larger disk"
            )

    def new_file(self, *, expected_bytes: int = 0, limit: int | None = None) -> "NewContent":
        """A file to write to and then `keep`.

        Raises:
            DiskFull: 507, when it cannot be as large as is expected.
        """
        self.require_space(expected_bytes)
        return NewContent(self, limit=limit)

    def adopt(self, file: Path, *, progress: Callable[[int], None] | None = None) -> Content:
        """Take a whole file of the same disk into the store. `progress` hears of bytes hashed; raising stops it."""
        digest, size = hash_file(file, progress=progress)
        return self.place(file, digest, size)

    def place(self, file: Path, sha256: str, size: int) -> Content:
        """Take a whole file of the same disk into the store, where its hash is known already."""
        target = self.path(sha256)
        target.parent.mkdir(parents=True, exist_ok=True)
        with file.open("rb+") as written:
            os.fsync(written.fileno())
        # Against a sweep that has just found the same content to be nobody's.
        with self._lock(exclusive=False):
            os.utime(file)
            file.chmod(0o640)
            file.replace(target)
        _sync_folder(target.parent)
        return Content(sha256, size)

    @contextmanager
    def work_folder(self) -> Iterator[Path]:
        """A folder for programs that write files of their own; gone afterwards, a killed one's by the sweep."""
        folder = self.tmp / uuid4().hex
        folder.mkdir(parents=True)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def sweep(self, referenced: set[str]) -> int:
        """Delete content that nobody refers to, and what dead writers left. Gives how many files went."""
        gone, now = 0, time.time()
        for file in self.folder.glob("[0-9a-f][0-9a-f]/*"):
            if file.name in referenced:
                continue
            with suppress(FileNotFoundError), self._lock(exclusive=True):
                if now - file.stat().st_mtime > GRACE_S:
                    file.unlink()
                    gone += 1
        for left in self.tmp.glob("*"):
            with suppress(FileNotFoundError):
                if now - left.stat().st_mtime > ABANDONED_S:
                    shutil.rmtree(left) if left.is_dir() else left.unlink()
                    gone += 1
        return gone

    @contextmanager
    def _lock(self, *, exclusive: bool) -> Iterator[None]:
        if fcntl is None:
            yield
            return
        self.tmp.mkdir(parents=True, exist_ok=True)
        with (self.folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH)
            yield


class NewContent:
    """Content that is being written. Left without `keep`, nothing of it stays."""

    def __init__(self, store: ContentStore, *, limit: int | None) -> None:
        self._store = store
        self._limit = limit
        self._hash = hashlib.sha256()
        self._file: IO[bytes] | None = None
        self.path = store.tmp / uuid4().hex
        self.size = 0

    def write(self, part: bytes | memoryview) -> None:
        """Add to it.

        Raises:
            TooLarge: 413.
            DiskFull: 507.
        """
        assert self._file is not None
        self.size += len(part)
        if self._limit is not None and self.size > self._limit:
            raise TooLarge(f"This is larger than {in_words(self._limit)}, which is the limit")
        self._hash.update(part)
        with explained_disk():
            self._file.write(part)

    def keep(self, *, expected_sha256: str | None = None) -> Content:
        """Make it content.

        Raises:
            WrongHash: it is not what was expected.
        """
        assert self._file is not None
        got = self._hash.hexdigest()
        if expected_sha256 is not None and got != expected_sha256:
            raise WrongHash(expected=expected_sha256, got=got)
        with explained_disk():
            self._file.close()
            return self._store.place(self.path, got, self.size)

    def __enter__(self) -> Self:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._file = self.path.open("xb")
        return self

    def __exit__(self, *_error: object) -> None:
        if self._file is not None:
            with suppress(OSError):
                self._file.close()
        self.path.unlink(missing_ok=True)


@contextmanager
def explained_disk() -> Iterator[None]:
    """Turns a full disk into its problem.

    Raises:
        DiskFull: 507 `disk_full`.
    """
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise DiskFull from error
        raise


def hash_file(file: Path, *, progress: Callable[[int], None] | None = None) -> tuple[str, int]:
    """SHA-256 and length."""
    digest, size = hashlib.sha256(), 0
    buffer = memoryview(bytearray(CHUNK_BYTES))
    with file.open("rb", buffering=0) as opened:
        while count := opened.readinto(buffer):
            digest.update(buffer[:count])
            size += count
            if progress is not None:
                progress(count)
    return digest.hexdigest(), size


def in_words(size: int) -> str:
    """A number of bytes as people say it."""
    for unit, factor in (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if size >= factor:
            return f"{size / factor:.1f} {unit}"
    return f"{size} bytes"


async def referenced(session: AsyncSession) -> set[str]:
    """Every hash that somebody refers to."""
    found: set[str] = set()
    for references in _references:
        found |= await references(session)
    return found


def content_store(runtime: Runtime) -> ContentStore:
    """For `runtime.part`: the store of this process."""
    return ContentStore(runtime.settings)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
