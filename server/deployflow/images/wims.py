"""What wimlib does for us, each time in a process of its own with limits: a WIM is somebody else's file (S-51)."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from deployflow.platform import programs
from deployflow.platform.importing import FileProblem
from deployflow.platform.programs import MIB, Finished, Limits, TooMuchOutput
from deployflow.platform.storage import NewContent

WIMLIB, PACKAGE = "wimlib-imagex", "wimtools"
MAGIC, PIPABLE_MAGIC = b"MSWIM\0\0\0", b"WLPWM\0\0\0"
SOLID_VERSION = 0xE00
MAX_IMAGES = 200
MAX_SIZE = 2**53
READING = Limits(memory_bytes=512 * MIB, cpu_s=20, output_bytes=16 * MIB, idle_s=60)
# A solid archive is decompressed in pieces of 64 MiB, by several threads at once.
WRITING = Limits(memory_bytes=4096 * MIB, cpu_s=24 * 3600)
# Only one that is pipable can be written into a pipe.
WRITING_FILE = replace(WRITING, file_bytes=64 * 1024 * MIB)
CHANGING = Limits(memory_bytes=2048 * MIB, cpu_s=1800, file_bytes=8192 * MIB)
ARCHITECTURES = {"0": "x86", "5": "arm", "9": "x64", "12": "arm64"}
_PROGRESS = re.compile(rb"(\d+) ([KMGT]?)i?B of (\d+) ([KMGT]?)i?B")
_UNITS = {b"": 1, b"K": 2**10, b"M": 2**20, b"G": 2**30, b"T": 2**40}

# wimlib's exit codes that say something about the file.
_SENTENCES = {
    2: "its compressed data is damaged",
    19: "its table of files is damaged",
    28: "a file in it does not have the hash it was stored with, so it was damaged on its way",
    43: "it is no WIM or ESD file",
    65: "it ends before it should, so it was cut off on its way",
    66: "it cannot be read from the server's disk",
    68: "it is one part of a split image; join the parts first, with `wimlib-imagex join`",
}
_DAMAGED = "download or upload it once more and compare its SHA-256 with the one its maker gives"


@dataclass(frozen=True, slots=True)
class Edition:
    """One image of a WIM, as its XML describes it."""

    index: int
    name: str
    description: str
    edition_id: str | None
    architecture: str | None
    build: str | None
    languages: list[str]
    size_bytes: int
    is_setup: bool


def kind_of(file: Path) -> Literal["wim", "esd"] | None:
    """What a file is by its first bytes."""
    with file.open("rb") as opened:
        head = opened.read(16)
    if head[:8] not in {MAGIC, PIPABLE_MAGIC}:
        return None
    return "esd" if int.from_bytes(head[12:16], "little") == SOLID_VERSION else "wim"


def is_pipable(file: Path) -> bool:
    """Whether it can be applied while it is being downloaded."""
    with file.open("rb") as opened:
        return opened.read(8) == PIPABLE_MAGIC


async def read_editions(file: Path) -> list[Edition]:
    """The images in a WIM that can be put on a disk: not the set-up program and not WinPE.

    Raises:
        FileProblem: it cannot be read, or there are none.
    """
    every = await read_images(file)
    described = any(one.edition_id for one in every)
    editions = [one for one in every if not one.is_setup and (one.edition_id or not described)]
    if not editions:
        raise FileProblem("no_editions", "The file holds no image that can be put on a disk, only Windows Setup")
    return editions


async def read_images(file: Path) -> list[Edition]:
    """All images in a WIM."""
    try:
        done = await _wimlib("info", str(file), "--xml", folder=file.parent, limits=READING)
    except TooMuchOutput:
        raise FileProblem("image_damaged", "The WIM's description is larger than that of any real image") from None
    _require(done)
    return _parse(done.output)


async def export_pipable(file: Path, into: NewContent, *, on_progress: Callable[[int, int], None]) -> None:
    """Write all images of a WIM or ESD anew, so that they can be applied while they come.

    Raises:
        FileProblem: the file is damaged.
    """
    done = await _wimlib(
        "export",
        str(file),
        "all",
        "-",
        "--pipable",
        "--compress=LZX",
        folder=file.parent,
        limits=WRITING,
        on_output=into.write,
        on_errors=_listener(on_progress),
    )
    _require(done)


async def export_plain(file: Path, to: Path, *, on_progress: Callable[[int, int], None]) -> None:
    """Write all images of a pipable WIM anew, as DISM reads them.

    Raises:
        FileProblem: the file is damaged.
    """
    done = await _wimlib(
        "export",
        str(file),
        "all",
        str(to),
        "--not-pipable",
        "--compress=LZX",
        folder=to.parent,
        limits=WRITING_FILE,
        on_output=_listener(on_progress),
    )
    _require(done)


async def export_bootable(file: Path, image: int, to: Path) -> None:
    """Copy one image into a WIM of its own, which starts with it.

    Raises:
        FileProblem: the file is damaged.
    """
    _require(await _wimlib("export", str(file), str(image), str(to), "--boot", folder=to.parent, limits=CHANGING))


async def update(wim: Path, image: int, commands: list[str], *, folder: Path) -> None:
    """Add and delete files inside a WIM that is ours. `commands` are lines of `wimlib-imagex update`.

    Raises:
        FileProblem: it did not work.
    """
    done = await _wimlib(
        "update",
        str(wim),
        str(image),
        folder=folder,
        limits=CHANGING,
        given="\n".join(commands).encode() + b"\n",
    )
    _require(done)


def _listener(on_progress: Callable[[int, int], None]) -> Callable[[bytes], None]:
    def listen(said: bytes) -> None:
        found = _PROGRESS.findall(said)
        if found:
            done, done_unit, total, total_unit = found[-1]
            on_progress(int(done) * _UNITS[done_unit], int(total) * _UNITS[total_unit])

    return listen


async def _wimlib(
    *arguments: str,
    folder: Path,
    limits: Limits,
    on_output: Callable[[bytes], None] | None = None,
    on_errors: Callable[[bytes], None] | None = None,
    given: bytes = b"",
) -> Finished:
    return await programs.run(
        [programs.find(WIMLIB, package=PACKAGE), *arguments],
        limits=limits,
        folder=folder,
        on_output=on_output,
        on_errors=on_errors,
        given=given,
    )


def _require(done: Finished) -> None:
    if done.code == 0:
        return
    known = _SENTENCES.get(done.code)
    if known is not None:
        advice = "" if done.code in {43, 68} else f": {_DAMAGED}"
        raise FileProblem("image_damaged" if advice else "image_wrong", f"The image cannot be used: {known}{advice}")
    if done.was_stuck or done.code < 0:
        raise FileProblem("image_damaged", f"Reading the image took more time or memory than any good one: {_DAMAGED}")
    said = [line for line in done.errors.replace("\r", "\n").splitlines() if line.strip()][-2:]
    words = " ".join(line.strip() for line in said)[:500]
    raise FileProblem("image_damaged", f"wimlib could not read the image (code {done.code}: {words}): {_DAMAGED}")


def _parse(xml: bytes) -> list[Edition]:
    try:
        # The file says UTF-16 by its first bytes only, and wimlib hands it out as it is.
        root = fromstring(xml.decode("utf-16"), forbid_dtd=True)
    except (ParseError, DefusedXmlException, UnicodeDecodeError, ValueError) as error:
        raise FileProblem("image_damaged", f"The WIM's description is no XML that can be read: {_DAMAGED}") from error
    images = root.findall("IMAGE")
    if len(images) > MAX_IMAGES:
        raise FileProblem("image_wrong", f"The WIM holds {len(images)} images; {MAX_IMAGES} is the limit")
    return [_edition(image) for image in images]


def _edition(image: Element) -> Edition:
    index = image.get("INDEX", "")
    if not index.isdigit() or not 0 < int(index) <= MAX_IMAGES:
        raise FileProblem("image_damaged", f"The WIM numbers an image '{index[:20]}': {_DAMAGED}")
    windows = image.find("WINDOWS")
    version = [_text(windows, f"VERSION/{part}") for part in ("MAJOR", "MINOR", "BUILD", "SPBUILD")]
    size = _text(image, "TOTALBYTES", 20) or "0"
    languages = [] if windows is None else [one.text or "" for one in windows.findall("LANGUAGES/LANGUAGE")]
    architecture = _text(windows, "ARCH")
    return Edition(
        index=int(index),
        name=_text(image, "DISPLAYNAME") or _text(image, "NAME") or f"Image {index}",
        description=_text(image, "DISPLAYDESCRIPTION") or _text(image, "DESCRIPTION") or "",
        edition_id=_text(windows, "EDITIONID", 100),
        architecture=ARCHITECTURES.get(architecture or ""),
        build=".".join(part for part in version if part)[:40] or None,
        languages=[language[:35] for language in languages if language][:100],
        size_bytes=min(int(size), MAX_SIZE) if size.isdigit() else 0,
        is_setup=_text(windows, "INSTALLATIONTYPE") == "WindowsPE" or _text(windows, "EDITIONID") == "WindowsPE",
    )


def _text(element: Element | None, path: str, limit: int = 255) -> str | None:
    if element is None:
        return None
    found = element.findtext(path)
    shown = "".join(char for char in found or "" if char.isprintable()).strip()
    return shown[:limit] or None
