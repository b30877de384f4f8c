"""ISO files as Microsoft ships them: UDF, beside it an ISO 9660 with nothing but a note."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from deployflow.platform import seven_zip
from deployflow.platform.importing import FileProblem
from deployflow.platform.seven_zip import Entry, TooMuchOutput, Unreadable
from deployflow.platform.storage import NewContent
from deployflow.platform.threads import in_thread

SECTOR = 2048
# Where the descriptors of a disc begin, and how the one of a file system is called.
FIRST_SECTOR, SECTORS = 16, 32
UDF, ISO_9660 = {b"NSR02", b"NSR03"}, {b"CD001"}
IMAGES = ("sources/install.wim", "sources/install.esd")
BOOT_FILES = {
    "boot.wim": "sources/boot.wim",
    "boot.sdi": "boot/boot.sdi",
    "BCD": "boot/bcd",
    "bootmgr": "bootmgr",
}
_DAMAGED = "download or upload it once more and compare its SHA-256 with the one its maker gives"


def file_system_of(file: Path) -> Literal["udf", "iso"] | None:
    """Which file system the image of a disc has, by its descriptors. Where there are both, UDF is the one with files.

    7-Zip goes by a file's name, and ours have none.
    """
    with file.open("rb") as opened:
        opened.seek(FIRST_SECTOR * SECTOR)
        found = {opened.read(SECTOR)[1:6] for _ in range(SECTORS)}
    if found & UDF:
        return "udf"
    return "iso" if found & ISO_9660 else None


async def read_contents(disc: Path) -> dict[str, Entry]:
    """The files on a disc by their path in lower case.

    Raises:
        FileProblem: it cannot be read.
    """
    kind = await in_thread(file_system_of, disc)
    with _explained():
        found = await seven_zip.entries(disc, kind=kind or "udf")
    return {entry.name.replace("\\", "/").lower(): entry for entry in found}


async def extract(disc: Path, entry: Entry, into: NewContent, *, on_bytes: Callable[[int], None]) -> None:
    """Write one file of a disc into the store.

    Raises:
        FileProblem: it is not whole.
    """

    def take(part: bytes) -> None:
        into.write(part)
        on_bytes(len(part))

    kind = await in_thread(file_system_of, disc)
    with _explained():
        await seven_zip.extract(disc, kind=kind or "udf", name=entry.name, on_output=take)
    if into.size != entry.size_bytes:
        raise FileProblem("iso_damaged", f"{entry.name} on the ISO is not whole: {_DAMAGED}")


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except TooMuchOutput:
        raise FileProblem("iso_wrong", "The ISO holds more files than any Windows ISO") from None
    except Unreadable as error:
        why = "ends before it should, so it was cut off on its way" if error.cut_off else f"cannot be read ({error})"
        raise FileProblem("iso_damaged", f"The ISO {why}: {_DAMAGED}") from error
