"""The archive of a driver pack that machines get: a zip of our own making, with plain names.

Its INF files are read as they pass.
"""

import re
import zipfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import IO, Self

from deployflow.drivers import infs
from deployflow.platform.importing import FileProblem
from deployflow.platform.storage import NewContent, in_words

MAX_FILES = 10_000
MAX_TOTAL_BYTES = 8 * 1024**3
MAX_NAME = 400
# The earliest time that a zip can hold: the same files make the same archive.
NO_TIME = (1980, 1, 1, 0, 0, 0)
LEVEL = 1
_DRIVE = re.compile(r"^[A-Za-z]:")

Counter = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class FoundInf:
    """An INF file in a pack: what it says, or why it cannot be read."""

    path: str
    inf: infs.Inf | None
    error: str | None


@dataclass(slots=True)
class Packed:
    """What went into the archive."""

    files: int = 0
    total_bytes: int = 0
    infs: list[FoundInf] = field(default_factory=list)


class Packer:
    """Writes our archive, file by file, and reads the INF files that pass."""

    def __init__(self, into: NewContent, *, count: Counter) -> None:
        self._stream = _Stream(into)
        self._zip = zipfile.ZipFile(self._stream, "w", zipfile.ZIP_DEFLATED, compresslevel=LEVEL)  # type: ignore[call-overload]
        self._count = count
        self._names: set[str] = set()
        self._open: IO[bytes] | None = None
        self._inf: bytearray | None = None
        self._path = ""
        self.packed = Packed()

    def begin(self, name: str) -> None:
        """The next file.

        Raises:
            FileProblem: its name would lead somewhere, or there are too many.
        """
        path = plain_path(name)
        if path.lower() in self._names:
            raise FileProblem("archive_wrong", f"The archive holds '{path[:200]}' twice: make it anew")
        self._names.add(path.lower())
        self.packed.files += 1
        if self.packed.files > MAX_FILES:
            raise FileProblem("archive_too_large", f"The archive holds more than {MAX_FILES} files: split it")
        info = zipfile.ZipInfo(path, NO_TIME)
        info.compress_type = zipfile.ZIP_DEFLATED
        # Asked for before the size is known, so that a file of more than 2 GiB may come.
        self._open = self._zip.open(info, "w", force_zip64=True)
        self._path = path
        self._inf = bytearray() if path.lower().endswith(".inf") else None

    def write(self, part: bytes) -> None:
        assert self._open is not None
        self.packed.total_bytes += len(part)
        if self.packed.total_bytes > MAX_TOTAL_BYTES:
            raise FileProblem(
                "archive_too_large", f"Unpacked, the archive has more than {in_words(MAX_TOTAL_BYTES)}: split it"
            )
        self._open.write(part)
        if self._inf is not None and len(self._inf) <= infs.MAX_BYTES:
            self._inf += part
        self._count(len(part))

    def end(self) -> None:
        """The file is whole."""
        assert self._open is not None
        self._open.close()
        if self._inf is not None:
            self.packed.infs.append(_read_inf(self._path, bytes(self._inf)))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, *_error: object) -> None:
        if kind is not None:
            # zipfile would finish its file whenever it is forgotten, in what is closed by then.
            self._stream.give_up()
            with suppress(Exception):
                if self._open is not None:
                    self._open.close()
            with suppress(Exception):
                self._zip.close()
            return
        self._zip.close()
        if not self.packed.infs:
            raise FileProblem(
                "archive_without_inf",
                "The archive holds no INF file: give the drivers unpacked, not the maker's installer",
            )


class _Stream:
    """New content as the file that zipfile writes to; it cannot go back."""

    def __init__(self, into: NewContent) -> None:
        self._into: NewContent | None = into

    def write(self, part: bytes) -> int:
        if self._into is not None:
            self._into.write(part)
        return len(part)

    def give_up(self) -> None:
        """Take nothing more."""
        self._into = None

    def flush(self) -> None:
        """Nothing waits here."""


def plain_path(name: str) -> str:
    """The name of a file inside an archive, with slashes, relative and inside.

    Raises:
        FileProblem: it would lead out.
    """
    path = name.replace("\\", "/")
    parts = [part for part in path.split("/") if part not in {"", "."}]
    odd = any(char < " " or char == "\x7f" for char in path)
    if not parts or path.startswith("/") or _DRIVE.match(path) or ".." in parts or odd or len(path) > MAX_NAME:
        shown = "".join(char if char.isprintable() else "?" for char in name)[:200]
        raise FileProblem(
            "archive_hostile", f"The archive holds a file '{shown}', which leads out of it: do not use it"
        )
    return "/".join(parts)


def _read_inf(path: str, content: bytes) -> FoundInf:
    try:
        return FoundInf(path, infs.read(content), None)
    except infs.NotAnInf as error:
        return FoundInf(path, None, str(error))
