"""ISO files as Microsoft ships them: UDF, beside it an ISO 9660 with nothing but a note. 7-Zip reads them."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from deployflow.images.errors import FileProblem
from deployflow.platform import programs
from deployflow.platform.programs import MIB, Finished, Limits, TooMuchOutput
from deployflow.platform.storage import NewContent
from deployflow.platform.threads import in_thread

SEVEN_ZIP, PACKAGE = "7z", "7zip or p7zip-full"
SECTOR = 2048
# Where the descriptors of a disc begin, and what one of them is called.
FIRST_SECTOR, SECTORS = 16, 32
UDF, ISO_9660 = {b"NSR02", b"NSR03"}, {b"CD001"}
LISTING = Limits(memory_bytes=1024 * MIB, cpu_s=60, output_bytes=64 * MIB, idle_s=60)
EXTRACTING = Limits(memory_bytes=1024 * MIB, cpu_s=3600)
IMAGES = ("sources/install.wim", "sources/install.esd")
BOOT_FILES = {
    "boot.wim": "sources/boot.wim",
    "boot.sdi": "boot/boot.sdi",
    "BCD": "boot/bcd",
    "bootmgr": "bootmgr",
}
_DAMAGED = "download or upload it once more and compare its SHA-256 with the one its maker gives"


@dataclass(frozen=True, slots=True)
class Entry:
    """A file on a disc, by its name there."""

    name: str
    size_bytes: int


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
    try:
        done = await _seven_zip("l", disc, "-slt", limits=LISTING)
    except TooMuchOutput:
        raise FileProblem("iso_wrong", "The ISO holds more files than any Windows ISO") from None
    _require(done)
    found: dict[str, Entry] = {}
    for block in done.output.decode("utf-8", "replace").split("\n\n"):
        said = dict(line.split(" = ", 1) for line in block.splitlines() if " = " in line)
        if "Path" in said and said.get("Folder") == "-" and said.get("Size", "").isdigit():
            entry = Entry(said["Path"], int(said["Size"]))
            found[entry.name.replace("\\", "/").lower()] = entry
    return found


async def extract(disc: Path, entry: Entry, into: NewContent, *, on_bytes: Callable[[int], None]) -> None:
    """Write one file of a disc into the store.

    Raises:
        FileProblem: it is not whole.
    """

    def take(part: bytes) -> None:
        into.write(part)
        on_bytes(len(part))

    # -spd: the name is a name and no pattern.
    _require(await _seven_zip("x", disc, "-so", "-spd", name=entry.name, limits=EXTRACTING, on_output=take))
    if into.size != entry.size_bytes:
        raise FileProblem("iso_damaged", f"{entry.name} on the ISO is not whole: {_DAMAGED}")


async def _seven_zip(
    act: str,
    disc: Path,
    *options: str,
    limits: Limits,
    name: str | None = None,
    on_output: Callable[[bytes], None] | None = None,
) -> Finished:
    kind = await in_thread(file_system_of, disc)
    names = [] if name is None else [name]
    command = [programs.find(SEVEN_ZIP, package=PACKAGE), act, f"-t{kind}", *options, "--", str(disc), *names]
    return await programs.run(command, limits=limits, folder=disc.parent, on_output=on_output)


def _require(done: Finished) -> None:
    if done.code == 0:
        return
    # A listing says what is wrong with the disc between its lines.
    told = done.errors + done.output[:4096].decode("utf-8", "replace")
    if "Unexpected end" in told or "Headers Error" in told:
        raise FileProblem("iso_damaged", f"The ISO ends before it should, so it was cut off on its way: {_DAMAGED}")
    said = " ".join(done.errors.split())[-300:]
    raise FileProblem("iso_damaged", f"The ISO cannot be read ({said or f'code {done.code}'}): {_DAMAGED}")
