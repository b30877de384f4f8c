"""The kernel of the boot environment and those of its modules that are wanted."""

import lzma
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from deployflow.boot.initramfs import Archive
from deployflow.boot.tools import BootToolFailed, run


@dataclass(frozen=True)
class Kernel:
    """An unpacked kernel package."""

    version: str
    image: Path
    modules: Path

    @classmethod
    def found_in(cls, root: Path) -> "Kernel":
        """The one kernel of an unpacked package.

        Raises:
            BootToolFailed: it is not laid out as Debian's.
        """
        images = sorted(root.glob("boot/vmlinuz-*"))
        if len(images) != 1:
            raise BootToolFailed(f"the kernel's package has {len(images)} kernels in /boot where one was expected")
        version = images[0].name.removeprefix("vmlinuz-")
        # Since the merge of /usr the modules are there; before, at the top.
        for folder in (root / "usr" / "lib" / "modules", root / "lib" / "modules"):
            if (folder / version).is_dir():
                return cls(version, images[0], folder / version)
        raise BootToolFailed(f"the kernel's package has no modules for {version}")


@dataclass
class Chosen:
    """Which modules went in, and which names the kernel has not as modules."""

    files: list[str] = field(default_factory=list)
    built_in: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)


class Depmod:
    """depmod of the unpacked tools: what is installed on the machine that builds does not matter."""

    def __init__(self, tools: Path) -> None:
        self._tools = tools

    def index(self, modules: Path) -> None:
        """Write the files beside these modules by which modprobe finds its way."""
        with tempfile.TemporaryDirectory() as scratch:
            # It looks below lib/modules of a root.
            (Path(scratch) / "lib" / "modules").mkdir(parents=True)
            (Path(scratch) / "lib" / "modules" / modules.name).symlink_to(modules)
            run(
                [*foreign(self._tools, "usr/bin/kmod", called="depmod"), "-b", scratch, modules.name],
                what="indexing the kernel's modules",
            )


def foreign(root: Path, path: str, *, called: str) -> list[str | Path]:
    """How to run a program of an unpacked system on this one: with the loader and libraries that are its own."""
    file = next((one for one in (root / path, root / path.removeprefix("usr/")) if one.exists()), root / path)
    loader = root / "usr" / "lib64" / "ld-linux-x86-64.so.2"
    if not loader.exists():
        loader = root / "lib64" / "ld-linux-x86-64.so.2"
    libraries = ":".join(str(root / one) for one in ("usr/lib/x86_64-linux-gnu", "lib/x86_64-linux-gnu"))
    return [loader, "--argv0", called, "--library-path", libraries, file]


def add_modules(archive: Archive, kernel: Kernel, names: list[str], depmod: Depmod) -> Chosen:
    """Put the named modules, and what they need, into the archive with their signatures as they are."""
    if not (kernel.modules / "modules.dep").exists():
        depmod.index(kernel.modules)
    needs = dict(line.split(":", 1) for line in (kernel.modules / "modules.dep").read_text().splitlines())
    by_name = {_name(path): path for path in needs}
    built_in = {_name(path) for path in (kernel.modules / "modules.builtin").read_text().split()}
    chosen, wanted = Chosen(), set[str]()
    for name in names:
        path = by_name.get(_name(name))
        if path is not None:
            wanted |= {path, *needs[path].split()}
        else:
            (chosen.built_in if _name(name) in built_in else chosen.unknown).append(name)
    with tempfile.TemporaryDirectory() as scratch:
        # Signed, then compressed: unpacking leaves the signature whole, and the archive is compressed as one.
        modules = Path(scratch) / kernel.version
        for path in sorted(wanted):
            target = modules / path.removesuffix(".xz")
            target.parent.mkdir(parents=True, exist_ok=True)
            content = (kernel.modules / path).read_bytes()
            target.write_bytes(lzma.decompress(content) if path.endswith(".xz") else content)
        for name in ("modules.order", "modules.builtin", "modules.builtin.modinfo"):
            if (kernel.modules / name).exists():
                (modules / name).write_bytes((kernel.modules / name).read_bytes())
        depmod.index(modules)
        archive.tree(modules, f"usr/lib/modules/{kernel.version}")
    chosen.files = sorted(wanted)
    return chosen


def _name(path: str) -> str:
    """As modprobe compares names."""
    return path.rsplit("/", 1)[-1].split(".ko", maxsplit=1)[0].replace("-", "_")
