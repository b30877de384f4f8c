"""Windows, as far as Wine is it: in a chroot of its own, or the host's where that is new enough."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

CHROOT = Path(os.environ.get("DEPLOYFLOW_WINE_CHROOT", "/var/cache/deployflow/wine-chroot"))
# .NET 8 and later does not run on what Debian 12 has.
OLDEST_WINE = 10
MAKE_CHROOT = Path(__file__).with_name("make-chroot.sh")


class Windows:
    """Runs programs of Windows and shows its C: drive. The host's loopback is Windows' too."""

    def __init__(self, root: Path | None) -> None:
        """`root`: the chroot; None for the host's own Wine."""
        self._root = root
        self._home = "/root" if root else str(Path.home())
        self.prefix = Path(f"{root or ''}{self._home}/deployflow-prefix")

    @property
    def drive(self) -> Path:
        """C: as a folder of this machine."""
        return self.prefix / "drive_c"

    def start(self, *command: str, **variables: str) -> subprocess.Popen[str]:
        """Start a program with its output as pipes."""
        environment = {
            "HOME": self._home,
            "WINEPREFIX": f"{self._home}/deployflow-prefix",
            "WINEDEBUG": "-all",
            "XDG_RUNTIME_DIR": "/tmp",
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "LANG": "C.UTF-8",
            **variables,
        }
        wrapped = [f"{name}={value}" for name, value in environment.items()]
        argv = ["env", "-i", *wrapped, "wine", *command]
        return subprocess.Popen(
            ["chroot", str(self._root), *argv] if self._root else argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )

    def run(self, *command: str, within_s: float = 120, **variables: str) -> tuple[int, str]:
        """Run a program to its end: exit code and output."""
        with self.start(*command, **variables) as process:
            try:
                output, _ = process.communicate(timeout=within_s)
            except subprocess.TimeoutExpired:
                process.kill()
                raise
            return process.returncode, output

    def put(self, folder: Path, name: str) -> str:
        """Copy a folder to C:; gives its path there."""
        target = self.drive / name
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(folder, target)
        return f"C:\\{name}"


@contextmanager
def windows() -> Iterator[Windows]:
    """A running Windows; everything in it ends with the block."""
    root = None if _host_wine_is_new_enough() else CHROOT
    if root:
        subprocess.run([str(MAKE_CHROOT), str(root)], check=True)
        _mount(root)
    machine = Windows(root)
    code, output = machine.run("wineboot", "--init", within_s=300)
    if code:
        raise RuntimeError(f"Wine does not boot: {output}")
    try:
        yield machine
    finally:
        machine.run("wineboot", "--kill", within_s=60)


def _host_wine_is_new_enough() -> bool:
    if shutil.which("wine") is None:
        return False
    said = subprocess.run(["wine", "--version"], capture_output=True, text=True, check=False).stdout
    found = re.match(r"wine-(\d+)", said)
    return found is not None and int(found[1]) >= OLDEST_WINE


def _mount(root: Path) -> None:
    for what, options in (("proc", ["-t", "proc", "proc"]), ("dev", ["--bind", "/dev"])):
        target = root / what
        if not target.is_mount():
            subprocess.run(["mount", *options, str(target)], check=True)
