"""An initial RAM file system as an archive whose bytes depend on its content alone."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

_FOLDER, _FILE, _LINK, _DEVICE = 0o040000, 0o100000, 0o120000, 0o020000


@dataclass(frozen=True)
class _Entry:
    mode: int
    content: bytes = b""
    device: tuple[int, int] = (0, 0)


class Archive:
    """What goes into the archive, by path without a slash at the start."""

    def __init__(self) -> None:
        self._entries: dict[str, _Entry] = {}

    def __contains__(self, path: str) -> bool:
        return path in self._entries

    def folder(self, path: str, mode: int = 0o755) -> None:
        self._put(path, _Entry(_FOLDER | mode))

    def file(self, path: str, content: bytes, *, mode: int = 0o644) -> None:
        self._put(path, _Entry(_FILE | mode, content))

    def program(self, path: str, content: bytes) -> None:
        self.file(path, content, mode=0o755)

    def link(self, path: str, to: str) -> None:
        self._put(path, _Entry(_LINK | 0o777, to.encode()))

    def device(self, path: str, major: int, minor: int) -> None:
        self._put(path, _Entry(_DEVICE | 0o600, device=(major, minor)))

    def tree(self, folder: Path, under: str = "") -> None:
        """A folder with all in it; a file that may be run stays one."""
        for path in sorted(folder.rglob("*")):
            name = str(PurePosixPath(under) / path.relative_to(folder).as_posix())
            if path.is_symlink():
                self.link(name, str(path.readlink()))
            elif path.is_dir():
                self.folder(name)
            else:
                self.file(name, path.read_bytes(), mode=0o755 if path.stat().st_mode & 0o100 else 0o644)

    def packed(self, *, modified: int) -> bytes:
        """As cpio (newc), which the kernel reads: in the order of names, owned by root, with one time for all."""
        return b"".join(self._pieces(modified))

    def _put(self, path: str, entry: _Entry) -> None:
        parents = PurePosixPath(path).parents
        for parent in [str(one) for one in reversed(parents)][1:]:
            self._entries.setdefault(parent, _Entry(_FOLDER | 0o755))
        self._entries[path] = entry

    def _pieces(self, modified: int) -> Iterator[bytes]:
        for number, (path, entry) in enumerate(sorted(self._entries.items()), start=1):
            yield _record(path, entry, number=number, modified=modified)
        yield _record("TRAILER!!!", _Entry(0), number=0, modified=0)


def _record(path: str, entry: _Entry, *, number: int, modified: int) -> bytes:
    name = path.encode() + b"\0"
    links = 2 if entry.mode & 0o170000 == _FOLDER else 1
    numbers = [number, entry.mode, 0, 0, links, modified, len(entry.content), 0, 0, *entry.device, len(name), 0]
    header = b"070701" + b"".join(b"%08X" % value for value in numbers) + name
    return _padded(header) + _padded(entry.content)


def _padded(data: bytes) -> bytes:
    return data + b"\0" * (-len(data) % 4)
