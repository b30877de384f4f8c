"""What an installer says of itself, and how it is run without a person.

These are other people's files: read by programs with limits, or as bytes, and never run.
"""

import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Literal

from deployflow.platform import programs
from deployflow.platform.importing import FileProblem
from deployflow.platform.programs import MIB, Finished, Limits, TooMuchOutput
from deployflow.software.detection import MsiRule, PackageRule
from deployflow.software.installer_schemas import InstallerFacts

READING = Limits(memory_bytes=512 * MIB, cpu_s=20, output_bytes=4 * MIB, idle_s=60)
# dpkg-deb takes the control file out of the package to read it.
READING_DEB = replace(READING, file_bytes=MIB)
MSI_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
DEB_MAGIC, RPM_MAGIC = b"!<arch>\ndebian", b"\xed\xab\xee\xdb"
WINDOW = 4 * MIB
OVERLAP = 256
# What makes installers leave their names in them within the first part; the rest is what they install.
SEARCHED = 64 * MIB
_CODE = re.compile(r"^\{[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\}$")
_PACKAGE = re.compile(r"^[A-Za-z0-9][A-Za-z0-9+._-]{0,199}$")
_MACHINES: dict[int, Literal["x64", "arm64"]] = {0x8664: "x64", 0xAA64: "arm64"}
_DEB_ARCHITECTURES: dict[str, Literal["x64", "arm64"]] = {"amd64": "x64", "arm64": "arm64"}
_AGAIN = "download or upload it once more and compare its SHA-256 with the one its maker gives"

# Marks in the bytes, the maker of the installer, and how it is told to ask nothing. The first that fits counts: a
# bundle of Burn may hold the others.
_MAKERS: tuple[tuple[tuple[bytes, ...], str, str], ...] = (
    ((b".wixburn",), "WiX Burn", '"{installer}" /quiet /norestart'),
    (
        (b"Inno Setup Setup Data (", "built with Inno Setup".encode("utf-16-le"), b"JR.Inno.Setup"),
        "Inno Setup",
        '"{installer}" /VERYSILENT /SUPPRESSMSGBOXES /NORESTART /SP-',
    ),
    ((b"NullsoftInst", b"Nullsoft.NSIS.exehead"), "NSIS", '"{installer}" /S'),
    (
        (b"InstallShield", "InstallShield".encode("utf-16-le")),
        "InstallShield",
        '"{installer}" /s /v"/qn REBOOT=ReallySuppress"',
    ),
)


async def read(file: Path, name: str) -> InstallerFacts:
    """Everything a file says. `name` is what its owner calls it, for its ending only.

    Raises:
        FileProblem: it is not what its name says, or is damaged.
    """
    with file.open("rb") as opened:
        head = opened.read(64)
    ending = name.lower().rpartition(".")[2]
    if not head:
        raise FileProblem("file_empty", "The file is empty: upload it again")
    if ending == "msi" or head.startswith(MSI_MAGIC):
        return await read_msi(file, head)
    if head.startswith(DEB_MAGIC) or ending == "deb":
        return await read_deb(file, head)
    if head.startswith(b"MZ"):
        return read_exe(file)
    if ending == "exe":
        raise FileProblem("not_an_exe", f"The file is called .exe and is no Windows program: {_AGAIN}")
    if head.startswith(RPM_MAGIC):
        return InstallerFacts(kind="rpm", os_family="linux", install_command='dnf install -y "{installer}"')
    return InstallerFacts(kind="other", hint="Nothing is known of such a file: write the commands yourself")


async def read_msi(file: Path, head: bytes) -> InstallerFacts:
    """Product code, version, name and architecture of an MSI, by msitools.

    Raises:
        FileProblem: it is no MSI.
    """
    if not head.startswith(MSI_MAGIC):
        raise FileProblem("not_an_msi", f"The file is called .msi and is no MSI package: {_AGAIN}")
    properties = _table(await _msiinfo("export", str(file), "Property", folder=file.parent))
    template = _template(await _msiinfo("suminfo", str(file), folder=file.parent))
    code = properties.get("ProductCode", "").strip()
    if not _CODE.fullmatch(code):
        raise FileProblem("not_an_msi", "The MSI names no product code: a patch (MSP) or transform is no installer")
    product = _shown(properties.get("ProductName")) or None
    return InstallerFacts(
        kind="msi",
        name=product,
        publisher=_shown(properties.get("Manufacturer")) or None,
        software_version=_shown(properties.get("ProductVersion"))[:100] or None,
        os_family="windows",
        architecture="x64" if "x64" in template else "arm64" if "arm64" in template else None,
        install_command='msiexec /i "{installer}" /qn /norestart',
        uninstall_command=f"msiexec /x {code.upper()} /qn /norestart",
        detection=MsiRule(type="msi", product_code=code),
        inventory_name=product,
    )


async def read_deb(file: Path, head: bytes) -> InstallerFacts:
    """Package, version and architecture of a Debian package, by dpkg.

    Raises:
        FileProblem: it is no Debian package.
    """
    if not head.startswith(DEB_MAGIC):
        raise FileProblem("not_a_deb", f"The file is called .deb and is no Debian package: {_AGAIN}")
    done = await programs.run(
        [programs.find("dpkg-deb", package="dpkg"), "--field", str(file)], limits=READING_DEB, folder=file.parent
    )
    fields = dict(_fields(done.output.decode("utf-8", "replace").splitlines()))
    package = fields.get("Package", "")
    if done.code != 0 or not _PACKAGE.fullmatch(package):
        raise FileProblem("not_a_deb", f"The Debian package cannot be read: {_AGAIN}")
    return InstallerFacts(
        kind="deb",
        name=package,
        publisher=_shown(fields.get("Maintainer")) or None,
        software_version=_shown(fields.get("Version"))[:100] or None,
        os_family="linux",
        architecture=_DEB_ARCHITECTURES.get(fields.get("Architecture", "")),
        install_command='apt-get install -y -o DPkg::Lock::Timeout=300 "{installer}"',
        uninstall_command=f"apt-get remove -y -o DPkg::Lock::Timeout=300 {package}",
        detection=PackageRule(type="package", name=package),
        inventory_name=package,
    )


def read_exe(file: Path) -> InstallerFacts:
    """Which tool made an installer, from the marks it leaves in it. Blocks."""
    with file.open("rb") as opened:
        head = opened.read(4096)
    at = int.from_bytes(head[0x3C:0x40], "little")
    if head[at : at + 4] != b"PE\0\0":
        raise FileProblem("not_an_exe", f"The file begins like a Windows program and is none: {_AGAIN}")
    machine = _MACHINES.get(int.from_bytes(head[at + 4 : at + 6], "little"))
    marks = _marks(file)
    for wanted, maker, command in _MAKERS:
        if marks.intersection(wanted):
            return InstallerFacts(
                kind="exe",
                made_with=maker,
                os_family="windows",
                architecture=machine,
                install_command=command,
                hint=f"Made with {maker}: try the command once, and add how to detect and uninstall it",
            )
    return InstallerFacts(
        kind="exe",
        os_family="windows",
        architecture=machine,
        install_command='"{installer}"',
        hint="It says nothing of who made it: look up its silent switch, or it waits for a click that never comes",
    )


def _marks(file: Path) -> set[bytes]:
    every = {mark for wanted, _maker, _command in _MAKERS for mark in wanted}
    found: set[bytes] = set()
    before = b""
    with file.open("rb") as opened:
        while opened.tell() < SEARCHED and (part := opened.read(WINDOW)):
            window = before + part
            found |= {mark for mark in every if mark in window}
            before = window[-OVERLAP:]
    return found


async def _msiinfo(*arguments: str, folder: Path) -> str:
    try:
        done: Finished = await programs.run(
            [programs.find("msiinfo", package="msitools"), *arguments], limits=READING, folder=folder
        )
    except TooMuchOutput:
        raise FileProblem("not_an_msi", "The MSI describes more than any real package: do not use it") from None
    if done.code != 0 or done.was_stuck:
        raise FileProblem("not_an_msi", f"The MSI cannot be read: {_AGAIN}")
    return done.output.decode("utf-8", "replace")


def _table(exported: str) -> dict[str, str]:
    """A table of two columns: three lines about it, then its rows."""
    rows = (line.split("\t", 1) for line in exported.splitlines()[3:])
    return {row[0]: row[1] for row in rows if len(row) > 1}


def _template(summary: str) -> str:
    line = next((line for line in summary.splitlines() if line.startswith("Template:")), "")
    return line.lower().replace("intel64", "").replace("amd64", "x64")


def _fields(lines: Iterable[str]) -> Iterable[tuple[str, str]]:
    for line in lines:
        name, colon, value = line.partition(":")
        if colon and not name.startswith(" "):
            yield name, value.strip()


def _shown(text: str | None) -> str:
    return "".join(char for char in text or "" if char.isprintable()).strip()[:200]
