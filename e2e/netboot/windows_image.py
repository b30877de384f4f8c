"""A Windows image as far as a deployment looks at it: boot files, registry hives, and many files of many sizes.

Nothing in it is Microsoft's. In the boot manager's place is iPXE, which asks the server when the disk starts it.
"""

import random
import struct
import subprocess
from pathlib import Path

SEED = 20261124
HIVES = {
    "Windows/System32/config/SYSTEM": "SYSTEM",
    "Windows/System32/config/SOFTWARE": "SOFTWARE",
    "Users/Default/NTUSER.DAT": "NTUSER",
}
# 1601 to 1970, in the 100 ns of Windows' clock.
_EPOCH = 116444736000000000
_NONE = 0xFFFFFFFF


def make(folder: Path, boot_manager: Path, *, megabytes: int) -> Path:
    """A WIM with one edition."""
    tree = folder / "tree"
    for name, content in _boot_files(boot_manager).items():
        _write(tree / name, content)
    for name, hive in HIVES.items():
        _write(tree / name, empty_hive(hive))
    _fill(tree / "Windows" / "WinSxS", megabytes)
    # What a name may be on NTFS.
    _write(tree / "Users" / "Öffentlich" / "Übersicht № 2026.txt", "Grüße".encode())
    wim = folder / "install.wim"
    subprocess.run(
        [
            *("wimlib-imagex", "capture", str(tree), str(wim), "Windows 11 Pro", "Made for a test"),
            *("--compress=XPRESS", "--threads=1", "--no-acls", "--image-property=WINDOWS/ARCH=9"),
        ],
        check=True,
        capture_output=True,
    )
    return wim


def empty_hive(name: str) -> bytes:
    """A registry hive with a root and nothing in it (regf 1.3), as `Windows Registry files` documents it."""
    root_at = 0x20
    security_at = root_at + 88
    security = _security_descriptor()
    root = struct.pack(
        "<2sHQIIIIIIIIIIIIIIIHH",
        *(b"nk", 0x2C, _EPOCH, 0, 0, 0, 0, _NONE, _NONE, 0, _NONE, security_at, _NONE, 0, 0, 0, 0, 0, 4, 0),
    )
    key = struct.pack("<2sHIIII", b"sk", 0, security_at, security_at, 1, len(security))
    cells = _cell(root + b"ROOT") + _cell(key + security)
    free = 4096 - 32 - len(cells)
    cells += struct.pack("<i", free) + bytes(free - 4)
    assert len(_cell(root + b"ROOT")) == security_at - root_at
    header = bytearray(4096)
    struct.pack_into("<4sIIQIIIIIII", header, 0, b"regf", 1, 1, _EPOCH, 1, 3, 0, 1, root_at, 4096, 1)
    header[48 : 48 + 2 * len(name)] = name.encode("utf-16le")
    checksum = 0
    for (word,) in struct.iter_unpack("<I", header[:508]):
        checksum ^= word
    struct.pack_into("<I", header, 508, checksum or 1)
    return bytes(header) + struct.pack("<4sIIQQI", b"hbin", 0, 4096, 0, _EPOCH, 0) + cells


def _boot_files(boot_manager: Path) -> dict[str, bytes]:
    return {
        "Windows/Boot/EFI/bootmgfw.efi": boot_manager.read_bytes(),
        "Windows/Boot/EFI/bootmgr.efi": b"boot manager " * 999,
        "Windows/Boot/EFI/de-DE/bootmgfw.efi.mui": b"words " * 99,
        "Windows/Boot/Fonts/segmono_boot.ttf": b"letters " * 99,
        "Windows/Boot/Resources/bootres.dll": b"pictures " * 99,
        "Windows/System32/winload.efi": b"loader " * 999,
        "Program Files/Common Files/readme.txt": b"",
    }


def _fill(folder: Path, megabytes: int) -> None:
    """Files of all sizes, half of whose bytes compress, always the same."""
    chance = random.Random(SEED)
    left, number = megabytes * 1024 * 1024, 0
    while left > 0:
        size = min(left, int(chance.lognormvariate(10.5, 1.6)) + 1)
        content = chance.randbytes(size // 2) + b"\0" * (size - size // 2)
        _write(folder / f"{number % 40:02}" / f"component-{number:05}.dll", content)
        left, number = left - size, number + 1


def _security_descriptor() -> bytes:
    administrators = bytes.fromhex("01020000000000052000000020020000")
    system = bytes.fromhex("010100000000000512000000")
    entries = b"".join(struct.pack("<BBHI", 0, 2, 8 + len(sid), 0xF003F) + sid for sid in (administrators, system))
    rules = struct.pack("<BBHHH", 2, 0, 8 + len(entries), 2, 0) + entries
    owner_at = 20 + len(rules)
    header = struct.pack("<BBHIIII", 1, 0, 0x8004, owner_at, owner_at + len(administrators), 0, 20)
    return header + rules + administrators + system


def _cell(content: bytes) -> bytes:
    size = (len(content) + 4 + 7) & ~7
    return struct.pack("<i", -size) + content.ljust(size - 4, b"\0")


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
