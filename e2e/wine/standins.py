"""diskpart, dism and bcdboot for Wine's Windows, which has none: programs of ours that do and say what those do."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from wine.windows import Windows

AGENT = Path(__file__).resolve().parents[2] / "agent"
RECORDINGS = Path(__file__).with_name("recordings")
PROGRAMS = ("diskpart", "dism", "bcdboot")
GIB = 1024**3


@dataclass(frozen=True)
class Recording:
    """A failure of one of them, as it was documented or reported, and what the engine is to make of it."""

    name: str
    program: str
    exit_code: int
    when: str
    step: str
    code: str
    says: str
    output: str

    @classmethod
    def read(cls, file: Path) -> "Recording":
        head, output = file.read_text().split("\n\n", 1)
        fields = dict(line.split(": ", 1) for line in head.splitlines())
        assert fields["source"], "where it comes from"
        return cls(
            file.stem,
            fields["program"],
            int(fields["exit"]),
            fields["when"],
            fields["step"],
            fields["code"],
            fields["says"],
            output,
        )


class StandIns:
    """The programs, and the folder by which they and the tests hear of each other."""

    def __init__(self, machine: Windows, built: Path) -> None:
        self.machine = machine
        self.folder = machine.drive / "stand-ins"
        self.volumes = machine.prefix / "volumes"
        self._built = built
        for program in PROGRAMS:
            self.put(program)
        self.folder.mkdir()
        for letter in "swrt":
            machine.letter(letter, self.volumes / letter)
        self.blank_disk()

    def blank_disk(self) -> None:
        with self.disk.open("wb") as disk:
            disk.truncate(64 * GIB)
        (self.folder / "letters.txt").unlink(missing_ok=True)

    @property
    def disk(self) -> Path:
        return self.folder / "disk.img"

    def table(self) -> bytes:
        """The disk's beginning, with its partition table."""
        with self.disk.open("rb") as disk:
            return disk.read(1 << 20)

    def put(self, program: str) -> None:
        shutil.copyfile(self._built, self._place(program))

    def take_away(self, program: str) -> None:
        self._place(program).unlink()

    def image(self, index: int, tree: Path) -> None:
        """What an image holds, but for names that Wine cannot pass on without the locale they are in."""
        without = shutil.ignore_patterns("*[! -~]*")
        shutil.copytree(tree, self.folder / "images" / str(index), ignore=without)

    def calls(self) -> list[str]:
        """What was called since this was asked last, each with its arguments; a script's lines are indented."""
        log = self.folder / "calls.log"
        lines = log.read_text().splitlines() if log.exists() else []
        log.unlink(missing_ok=True)
        return lines

    def fail_as(self, recording: Recording | None) -> None:
        file = self.folder / "failure.txt"
        file.unlink(missing_ok=True)
        if recording is not None:
            first = f"{recording.program} {recording.exit_code} {recording.when}"
            file.write_text(f"{first}\n{recording.output}")

    def _place(self, program: str) -> Path:
        return self.machine.drive / "windows" / "system32" / f"{program}.exe"


def build(to: Path) -> Path:
    """The one program that is all three; gives its file."""
    options = ["PublishSingleFile=true", "PublishTrimmed=true", "EnableCompressionInSingleFile=true", "DebugType=none"]
    subprocess.run(
        [
            *("dotnet", "publish", str(AGENT / "tests" / "DeployFlow.StandIns"), "-c", "Release", "-r", "win-x64"),
            *("--self-contained", "-o", str(to), "-v", "quiet", "--nologo"),
            *(f"-p:{option}" for option in options),
        ],
        check=True,
    )
    return to / "stand-in.exe"
