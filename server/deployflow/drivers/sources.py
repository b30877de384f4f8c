"""Drivers as their makers give them: zip, cab, or a folder on the server.

They are read as streams. No name in them becomes a path on the server, and sizes are counted, not believed.
"""

import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Literal

from deployflow.drivers.archives import MAX_FILES, MAX_TOTAL_BYTES, Packer, plain_path
from deployflow.platform import seven_zip
from deployflow.platform.importing import FileProblem
from deployflow.platform.seven_zip import Entry, TooMuchOutput, Unreadable
from deployflow.platform.storage import CHUNK_BYTES, in_words
from deployflow.platform.threads import in_thread

ENDINGS = (".zip", ".cab")
ZIP_MAGIC, CAB_MAGIC = b"PK\x03\x04", b"MSCF"
MAX_RATIO = 100
# A small file of zeros is packed well by anybody.
RATIO_COUNTS_FROM = 64 * 1024**2

Pack = Callable[[Path, Packer], None]


def kind_of(file: Path) -> Literal["zip", "cab"]:
    """What an archive is by its first bytes.

    Raises:
        FileProblem: none that we know.
    """
    with file.open("rb") as opened:
        head = opened.read(4)
    if head == CAB_MAGIC:
        return "cab"
    if head == ZIP_MAGIC:
        return "zip"
    what = "an installer: unpack it on a Windows machine, or take the maker's cab" if head[:2] == b"MZ" else "neither"
    raise FileProblem("file_kind_unknown", f"Drivers are imported as zip or cab; this file is {what}")


def pack_zip(archive: Path, packer: Packer) -> None:
    """All files of a zip. Blocks.

    Raises:
        FileProblem: it is damaged, hostile or locked.
    """
    compressed = archive.stat().st_size
    try:
        with zipfile.ZipFile(archive) as opened:
            members = [member for member in opened.infolist() if not member.is_dir()]
            if len(members) > MAX_FILES:
                raise FileProblem("archive_too_large", f"The archive holds more than {MAX_FILES} files: split it")
            for member in members:
                _require_plain(member)
                packer.begin(member.filename)
                with opened.open(member) as reading:
                    while part := reading.read(CHUNK_BYTES):
                        packer.write(part)
                        _require_ratio(packer.packed.total_bytes, compressed)
                packer.end()
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OverflowError, ValueError) as error:
        raise FileProblem("archive_damaged", f"The zip cannot be read ({error}): make or download it again") from error


async def pack_cab(archive: Path, packer: Packer) -> None:
    """All files of a cabinet: 7-Zip gives them one behind the other, and its list says where each ends.

    Raises:
        FileProblem: it is damaged or hostile.
    """
    try:
        entries = await seven_zip.entries(archive, kind="cab")
        _require_sane(entries, await in_thread(lambda: archive.stat().st_size))
        splitter = _Splitter(entries, packer)
        await seven_zip.extract(archive, kind="cab", on_output=splitter.take)
        splitter.finish()
    except TooMuchOutput:
        raise FileProblem("archive_too_large", f"The archive holds more than {MAX_FILES} files: split it") from None
    except Unreadable as error:
        raise FileProblem("archive_damaged", f"The cab cannot be read ({error}): make or download it again") from error


def pack_folder(folder: Path, packer: Packer) -> None:
    """All files below a folder of the server. Links are left out. Blocks."""
    for file in sorted(folder.rglob("*")):
        if file.is_symlink() or not file.is_file() or not file.resolve().is_relative_to(folder):
            continue
        packer.begin(file.relative_to(folder).as_posix())
        with file.open("rb") as reading:
            while part := reading.read(CHUNK_BYTES):
                packer.write(part)
        packer.end()


def size_of_folder(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file() and not file.is_symlink())


class _Splitter:
    """Cuts one stream into the files of a list."""

    def __init__(self, entries: Sequence[Entry], packer: Packer) -> None:
        self._waiting: Iterator[Entry] = iter(entries)
        self._packer = packer
        self._left = 0
        self._is_open = False
        self._next()

    def take(self, part: bytes) -> None:
        view = memoryview(part)
        while view:
            if not self._is_open:
                raise FileProblem("archive_damaged", "The cab holds more than its list says: make or download it again")
            here = view[: self._left]
            self._packer.write(bytes(here))
            self._left -= len(here)
            view = view[len(here) :]
            if self._left == 0:
                self._packer.end()
                self._next()

    def finish(self) -> None:
        if self._is_open:
            raise FileProblem("archive_damaged", "The cab holds less than its list says: make or download it again")

    def _next(self) -> None:
        self._is_open = False
        for entry in self._waiting:
            self._packer.begin(entry.name)
            self._left = entry.size_bytes
            self._is_open = True
            if self._left:
                return
            self._packer.end()
            self._is_open = False


def _require_plain(member: zipfile.ZipInfo) -> None:
    mode = member.external_attr >> 16
    if stat.S_ISLNK(mode) or (stat.S_IFMT(mode) and not stat.S_ISREG(mode)):
        raise FileProblem("archive_hostile", f"The archive holds a link, '{member.filename[:100]}': make it without")
    if member.flag_bits & 0x1:
        raise FileProblem("archive_locked", "The zip needs a password: give one without")


def _require_sane(entries: Sequence[Entry], compressed: int) -> None:
    total = sum(entry.size_bytes for entry in entries)
    if len(entries) > MAX_FILES or total > MAX_TOTAL_BYTES:
        raise FileProblem(
            "archive_too_large",
            f"The archive holds {len(entries)} files of {in_words(total)}; {MAX_FILES} files of"
            f" {in_words(MAX_TOTAL_BYTES)} are the limit: split it",
        )
    _require_ratio(total, compressed)
    # Before anything is taken out.
    for entry in entries:
        plain_path(entry.name)


def _require_ratio(total: int, compressed: int) -> None:
    if total > RATIO_COUNTS_FROM and total > compressed * MAX_RATIO:
        raise FileProblem("archive_hostile", "The archive unpacks to more than a hundred times its size: do not use it")
