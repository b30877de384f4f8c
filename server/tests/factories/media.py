"""Real, small installation media, made by the programs that make large ones: wimlib and genisoimage."""

import random
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True, slots=True)
class EditionSpec:
    """What an image in a WIM says of itself."""

    name: str
    edition_id: str | None
    build: str = "22631"
    language: str = "de-DE"
    installation_type: str | None = "Client"


PRO = EditionSpec("Windows 11 Pro", "Professional")
HOME = EditionSpec("Windows 11 Home", "Core")
PE = EditionSpec("Microsoft Windows PE (x64)", "WindowsPE", installation_type="WindowsPE")
PE_SETUP = EditionSpec("Microsoft Windows Setup (x64)", "WindowsPE", installation_type="WindowsPE")
SETUP = EditionSpec("Windows Setup Media", None, installation_type=None)
# More than fits into one compressed chunk, and nothing that compresses.
FILE_BYTES = 400_000


@cache
def _folder() -> Path:
    return Path(tempfile.mkdtemp(prefix="df-media-"))


def _run(*command: str | Path) -> None:
    subprocess.run([str(part) for part in command], check=True, capture_output=True)


@cache
def windows_tree() -> Path:
    """A folder that looks a little like an installed Windows."""
    tree = _folder() / "tree"
    system = tree / "Windows" / "System32"
    system.mkdir(parents=True)
    noise = random.Random(1)  # noqa: S311  test data
    for name in ("ntoskrnl.exe", "kernel32.dll", "cmd.exe"):
        (system / name).write_bytes(noise.randbytes(FILE_BYTES))
    (system / "startnet.cmd").write_text("wpeinit\r\n")
    (tree / "Windows" / "Setup.txt").write_text("a line of text\n" * 5000)
    return tree


@cache
def make_wim(editions: tuple[EditionSpec, ...] = (HOME, PRO), *, solid: bool = False, pipable: bool = False) -> Path:
    """A WIM, or an ESD when it is solid."""
    file = _folder() / f"{abs(hash((editions, solid, pipable)))}.{'esd' if solid else 'wim'}"
    for number, one in enumerate(editions):
        command = ["capture" if number == 0 else "append", windows_tree(), file, one.name, f"{one.name}, a test"]
        if number == 0:
            command += ["--solid"] if solid else ["--compress=LZX", *(["--pipable"] if pipable else [])]
        _run("wimlib-imagex", *command, *_properties(one))
    return file


@cache
def make_large_wim(mib: int = 48) -> Path:
    """A WIM that takes seconds to prepare."""
    tree = Path(tempfile.mkdtemp(dir=_folder()))
    noise = random.Random(7)  # noqa: S311  test data
    for number in range(mib // 8):
        (tree / f"{number}.bin").write_bytes(noise.randbytes(8 * 1024 * 1024))
    file = tree.with_suffix(".wim")
    _run("wimlib-imagex", "capture", tree, file, "Large", "--compress=none", *_properties(PRO))
    return file


def _properties(one: EditionSpec) -> Sequence[str]:
    if one.edition_id is None:
        return ()
    said = {
        "EDITIONID": one.edition_id,
        "INSTALLATIONTYPE": one.installation_type,
        "ARCH": "9",
        "LANGUAGES/LANGUAGE": one.language,
        "VERSION/MAJOR": "10",
        "VERSION/MINOR": "0",
        "VERSION/BUILD": one.build,
        "VERSION/SPBUILD": "2861",
    }
    return [f"--image-property=WINDOWS/{key}={value}" for key, value in said.items() if value is not None]


@cache
def make_iso(*, image: str | None = "sources/install.wim", boots: bool = True) -> Path:
    """A disc as Microsoft makes them: UDF has everything, ISO 9660 beside it a note only."""
    tree = Path(tempfile.mkdtemp(dir=_folder()))
    (tree / "readme.txt").write_text("This disc contains a UDF file system.\n")
    (tree / "sources").mkdir()
    (tree / "boot").mkdir()
    if image is not None:
        source = make_wim(solid=image.endswith(".esd"))
        (tree / image).write_bytes(source.read_bytes())
    if boots:
        (tree / "sources" / "boot.wim").write_bytes(make_wim((PE, PE_SETUP)).read_bytes())
        (tree / "boot" / "boot.sdi").write_bytes(b"$SDI0001" + bytes(4096))
        (tree / "boot" / "bcd").write_bytes(b"regf" + bytes(8192))
        (tree / "bootmgr").write_bytes(b"bootmgr" * 100)
    file = tree.with_suffix(".iso")
    hidden = [part for name in ("sources", "boot", "bootmgr") for part in ("-hide", name)]
    _run("genisoimage", "-quiet", "-udf", "-iso-level", "3", "-V", "CCCOMA_X64FRE_DE", *hidden, "-o", file, tree)
    return file


@cache
def wimboot() -> bytes:
    """What passes for wimboot: an EFI program that is a Linux kernel to a BIOS loader as well."""
    program = bytearray(8192)
    program[:2] = b"MZ"
    program[0x202:0x206] = b"HdrS"
    return bytes(program)
