"""Archives and discs as 7-Zip reads them: listed, and taken out through a pipe. No name in them becomes a path."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from deployflow.platform import programs
from deployflow.platform.programs import MIB, Finished, Limits, TooMuchOutput

PROGRAM, PACKAGE = "7z", "p7zip-full"
LISTING = Limits(memory_bytes=1024 * MIB, cpu_s=60, output_bytes=64 * MIB, idle_s=60)
EXTRACTING = Limits(memory_bytes=1024 * MIB, cpu_s=3600)


@dataclass(frozen=True, slots=True)
class Entry:
    """A file in an archive, by its name there."""

    name: str
    size_bytes: int


class Unreadable(Exception):
    """What 7-Zip could not read. `cut_off` when the file ends too early."""

    def __init__(self, said: str, *, cut_off: bool) -> None:
        super().__init__(said)
        self.cut_off = cut_off


async def entries(file: Path, *, kind: str) -> list[Entry]:
    """The files in an archive, in the order in which `extract` gives them.

    Raises:
        Unreadable, TooMuchOutput.
    """
    done = await _run(file, "l", f"-t{kind}", "-slt", limits=LISTING)
    found = []
    for block in done.output.decode("utf-8", "replace").split("\n\n"):
        said = dict(line.split(" = ", 1) for line in block.splitlines() if " = " in line)
        is_folder = said.get("Folder", "-") == "+" or said.get("Attributes", "").startswith("D")
        if "Path" in said and not is_folder and said.get("Size", "").isdigit():
            found.append(Entry(said["Path"], int(said["Size"])))
    return found


async def extract(file: Path, *, kind: str, on_output: Callable[[bytes], None], name: str | None = None) -> None:
    """One file, or all of them one behind the other.

    Raises:
        Unreadable.
    """
    # -spd: a name is a name and no pattern.
    await _run(file, "x", f"-t{kind}", "-so", "-spd", limits=EXTRACTING, name=name, on_output=on_output)


async def _run(
    file: Path,
    act: str,
    *options: str,
    limits: Limits,
    name: str | None = None,
    on_output: Callable[[bytes], None] | None = None,
) -> Finished:
    names = [] if name is None else [name]
    command = [programs.find(PROGRAM, package=PACKAGE), act, *options, "--", str(file), *names]
    done = await programs.run(command, limits=limits, folder=file.parent, on_output=on_output)
    if done.code == 0:
        return done
    # A listing says what is wrong between its lines.
    told = done.errors + done.output[:4096].decode("utf-8", "replace")
    cut_off = "Unexpected end" in told or "Headers Error" in told
    said = " ".join(done.errors.split())[-300:]
    raise Unreadable(said or f"code {done.code}", cut_off=cut_off)


__all__ = ["Entry", "TooMuchOutput", "Unreadable", "entries", "extract"]
