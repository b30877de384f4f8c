"""A deployed disk, looked at without mounting it: partitions, boot files, every file of Windows."""

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

SECTOR = 512
# "Basic data": what a volume of Windows is in a partition table.
WINDOWS = "EBD0A0A2-B9E5-4433-87C0-68B6B72699C7"
WINDOWS_LIMIT_S = 120


@dataclass(frozen=True)
class Partition:
    """One of the partition table."""

    kind: str
    identity: str
    name: str
    first: int
    last: int

    @property
    def size(self) -> int:
        return (self.last - self.first + 1) * SECTOR


class Disk:
    """A raw image of a disk."""

    def __init__(self, path: Path, scratch: Path) -> None:
        self.path = path
        self._scratch = scratch
        scratch.mkdir(parents=True, exist_ok=True)
        self._windows: Path | None = None

    @staticmethod
    def blank(path: Path, *, gigabytes: float) -> Path:
        with path.open("wb") as file:
            file.truncate(int(gigabytes * 1024**3))
        return path

    def faults(self) -> str:
        """What sgdisk has to say against the table; empty when nothing."""
        said = _said("sgdisk", "--verify", str(self.path))
        return "" if "No problems found" in said else said

    def identity(self) -> str:
        found = re.search(r"Disk identifier \(GUID\): (\S+)", _said("sgdisk", "--print", str(self.path)))
        assert found, "the disk has no partition table"
        return found[1].lower()

    def partitions(self) -> list[Partition]:
        listed = re.findall(r"^ +(\d+) +\d+ ", _said("sgdisk", "--print", str(self.path)), re.MULTILINE)
        return [self._partition(int(number)) for number in listed]

    def extract(self, partition: Partition) -> Path:
        """A partition as a file of its own; holes stay holes."""
        to = self._scratch / f"{partition.identity}.img"
        start, end = partition.first * SECTOR, (partition.last + 1) * SECTOR
        with self.path.open("rb") as source, to.open("wb") as target:
            target.truncate(end - start)
            at = start
            while at < end:
                try:
                    at = os.lseek(source.fileno(), at, os.SEEK_DATA)
                except OSError:
                    break
                hole = min(os.lseek(source.fileno(), at, os.SEEK_HOLE), end)
                while at < hole:
                    at += os.copy_file_range(source.fileno(), target.fileno(), hole - at, at, at - start)
        return to

    def esp(self) -> dict[str, bytes]:
        """The files of the EFI system partition, by path."""
        image = self.extract(self.partitions()[0])
        folder = self._scratch / "esp"
        folder.mkdir(exist_ok=True)
        subprocess.run(["mcopy", "-s", "-n", "-Q", "-i", str(image), "::/", str(folder)], check=True)
        return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}

    def windows(self) -> Path:
        """The volume of Windows."""
        if self._windows is None:
            found = [one for one in self.partitions() if one.kind == WINDOWS]
            self._windows = self.extract(max(found, key=lambda one: one.size))
        return self._windows

    def read(self, path: str) -> bytes:
        """A file of the Windows volume."""
        done = subprocess.run(["ntfscat", str(self.windows()), path], capture_output=True, check=False)
        assert done.returncode == 0, f"{path}: {done.stderr.decode()}"
        return done.stdout

    def ntfs_is_clean(self) -> bool:
        done = subprocess.run(
            ["ntfsfix", "--no-action", str(self.windows())], capture_output=True, text=True, check=False
        )
        return done.returncode == 0

    def hashes(self) -> dict[str, str]:
        """SHA-1 of every file on the Windows volume, as wimlib reads it."""
        back = self._scratch / "back.wim"
        subprocess.run(
            ["wimlib-imagex", "capture", str(self.windows()), str(back), "--compress=none"],
            check=True,
            capture_output=True,
            timeout=WINDOWS_LIMIT_S,
        )
        return hashes_of(back)

    def contains(self, *texts: bytes) -> list[bytes]:
        """Which of these stand anywhere on the disk, in its raw bytes."""
        found, overlap = [], max(map(len, texts))
        with self.path.open("rb") as file:
            at, end = 0, self.path.stat().st_size
            while at < end:
                try:
                    at = os.lseek(file.fileno(), at, os.SEEK_DATA)
                except OSError:
                    break
                hole = os.lseek(file.fileno(), at, os.SEEK_HOLE)
                tail = b""
                while at < hole:
                    piece = tail + os.pread(file.fileno(), min(hole - at, 64 * 1024 * 1024), at)
                    found += [text for text in texts if text in piece]
                    at += len(piece) - len(tail)
                    tail = piece[-overlap:]
        return sorted(set(found))

    def _partition(self, number: int) -> Partition:
        said = _said("sgdisk", f"--info={number}", str(self.path))
        return Partition(
            kind=_match(r"Partition GUID code: (\S+)", said),
            identity=_match(r"Partition unique GUID: (\S+)", said).lower(),
            name=_match(r"Partition name: '(.*)'", said),
            first=int(_match(r"First sector: (\d+)", said)),
            last=int(_match(r"Last sector: (\d+)", said)),
        )


def hashes_of(wim: Path) -> dict[str, str]:
    """Path → SHA-1 of a WIM's first image; files without content have no hash there."""
    said = subprocess.run(
        ["wimlib-imagex", "dir", str(wim), "1", "--detailed"], capture_output=True, text=True, check=True
    ).stdout
    found, path = {}, ""
    for line in said.splitlines():
        if given := re.match(r'Full Path\s*=\s*"(.*)"', line):
            path = given[1]
        elif given := re.match(r"\s*Hash\s*=\s*0x([0-9a-f]{40})", line):
            found[path] = given[1]
    return found


def _said(*argv: str) -> str:
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def _match(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    assert found, f"{pattern} not in {text}"
    return found[1]
