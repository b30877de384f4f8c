"""Which shared libraries a program needs, read from the program: nothing of another system is run to find out."""

import struct
from collections.abc import Iterable
from pathlib import Path

_DYNAMIC, _LOAD = 2, 1
_NEEDED, _STRTAB = 1, 5


def needed(file: Path) -> list[str]:
    """The names in its DT_NEEDED; none for what is static or no ELF file."""
    data = file.read_bytes()
    # 64 bits, little endian: the environment is for x86-64.
    if data[:6] != b"\x7fELF\x02\x01":
        return []
    table, size, count = struct.unpack_from("<Q", data, 32)[0], *struct.unpack_from("<HH", data, 54)
    segments = [struct.unpack_from("<IIQQQQ", data, table + index * size) for index in range(count)]
    dynamic = next((part for part in segments if part[0] == _DYNAMIC), None)
    if dynamic is None:
        return []
    entries = list(struct.iter_unpack("<qQ", data[dynamic[2] : dynamic[2] + dynamic[5] // 16 * 16]))
    strings_at = next(value for tag, value in entries if tag == _STRTAB)
    load = next(part for part in segments if part[0] == _LOAD and part[3] <= strings_at < part[3] + part[5])
    strings = strings_at - load[3] + load[2]
    return [
        data[strings + value : data.index(b"\0", strings + value)].decode() for tag, value in entries if tag == _NEEDED
    ]


class Libraries:
    """The shared libraries of an unpacked system, by name."""

    def __init__(self, root: Path) -> None:
        self._files = {
            file.name: file
            for folder in ("lib/x86_64-linux-gnu", "usr/lib/x86_64-linux-gnu", "lib64", "usr/lib64")
            for file in sorted((root / folder).glob("*.so*"))
            if file.exists()
        }

    def of(self, programs: Iterable[Path], *, also: Iterable[str] = ()) -> dict[str, Path]:
        """Every library that these programs need, and those that they open by name, with what they need.

        Raises:
            KeyError: one is not here.
        """
        found: dict[str, Path] = {}
        open_ends = [*also, *(name for file in programs for name in needed(file))]
        while open_ends:
            name = open_ends.pop()
            if name not in found:
                found[name] = self._files[name]
                open_ends += needed(self._files[name].resolve())
        return found
