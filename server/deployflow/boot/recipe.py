"""What the boot environment is made of, as the lists in boot/linux say."""

from dataclasses import dataclass
from pathlib import Path

from deployflow.boot.tools import BootToolFailed

_PACKAGE = Path(__file__).parents[1]


@dataclass(frozen=True)
class Recipe:
    """The lists, read."""

    folder: Path
    packages: list[str]
    programs: list[str]
    libraries: list[str]
    files: list[str]
    modules: list[str]

    @property
    def root(self) -> Path:
        """Files that go in as they are."""
        return self.folder / "root"

    @classmethod
    def read(cls) -> "Recipe":
        """In a wheel inside the package, in a checkout beside the server.

        Raises:
            BootToolFailed: this installation has none.
        """
        folder = boot_folder() / "linux"
        lists = {name: _words(folder / name) for name in ("packages", "programs", "libraries", "files", "modules")}
        return cls(folder, **lists)


def boot_folder() -> Path:
    """Where the boot's own files are.

    Raises:
        BootToolFailed: this installation has none.
    """
    for folder in (_PACKAGE / "_boot", _PACKAGE.parents[1] / "boot"):
        if (folder / "linux" / "packages").is_file():
            return folder
    raise BootToolFailed("this installation lacks the boot environment's recipe: install the wheel or use a checkout")


def _words(file: Path) -> list[str]:
    lines = (line.partition("#")[0] for line in file.read_text("utf-8").splitlines())
    return [word for line in lines for word in line.split()]
