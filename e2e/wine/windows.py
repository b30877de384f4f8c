"""Windows, as far as Wine is it: in a chroot of its own, or the host's where that is new enough."""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

# Whoever runs two of these at once gives each a Windows of its own.
PREFIX = os.environ.get("DEPLOYFLOW_WINE_PREFIX", "deployflow-prefix")
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
        self.prefix = Path(f"{root or ''}{self._home}/{PREFIX}")

    @property
    def drive(self) -> Path:
        """C: as a folder of this machine."""
        return self.prefix / "drive_c"

    def start(
        self, *command: str, output: int | IO[bytes] = subprocess.DEVNULL, **variables: str
    ) -> subprocess.Popen[bytes]:
        """Start a program of Windows. Its standard input stays open until the caller closes it."""
        return self._start("wine", *command, output=output, **variables)

    def end(self) -> None:
        """End all that runs, and wait until the last of it has written its files."""
        for option in ("--kill", "--wait"):
            with self._start("wineserver", option) as process:
                process.wait(60)

    def _start(
        self, *command: str, output: int | IO[bytes] = subprocess.DEVNULL, **variables: str
    ) -> subprocess.Popen[bytes]:
        environment = {
            "HOME": self._home,
            "WINEPREFIX": f"{self._home}/{PREFIX}",
            "WINEDEBUG": "-all",
            "XDG_RUNTIME_DIR": "/tmp",
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            # Wine's cmd reads scripts in the OEM code page whatever `chcp` said, unlike Windows'. Here that is UTF-8.
            "LC_ALL": "hi_IN.UTF-8",
            **variables,
        }
        wrapped = [f"{name}={value}" for name, value in environment.items()]
        return subprocess.Popen(
            [*(["chroot", str(self._root)] if self._root else []), "env", "-i", *wrapped, *command],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
        )

    def letter(self, letter: str, folder: Path) -> None:
        """Make a folder inside the prefix a drive."""
        folder.mkdir(parents=True, exist_ok=True)
        link = self.prefix / "dosdevices" / f"{letter.lower()}:"
        link.unlink(missing_ok=True)
        link.symlink_to(os.path.relpath(folder, link.parent))

    def run(self, *command: str, within_s: float = 120, **variables: str) -> tuple[int, str]:
        """Run a program to its end: exit code and output."""
        # Into a file: a pipe would be kept open by whatever of Windows the program started beside itself.
        with tempfile.TemporaryFile() as output, self.start(*command, output=output, **variables) as process:
            assert process.stdin is not None
            process.stdin.close()
            try:
                code = process.wait(within_s)
            except subprocess.TimeoutExpired:
                process.kill()
                raise
            output.seek(0)
            return code, output.read().decode(errors="replace")

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
    if machine.prefix.exists():
        # Of an earlier run, which may have been cut short.
        machine.end()
        shutil.rmtree(machine.prefix)
    # The service manager of the boot that makes the registry started before there was one: its services would have no
    # PATH. So that boot ends, wholly: a second service manager beside the first knows nothing of the first's services.
    code, output = machine.run("wineboot", "--init", within_s=300)
    machine.end()
    if code:
        raise RuntimeError(f"Wine does not boot: {output}")
    # Wine takes the end of the last program for the end of the session and kills all services two seconds later. This
    # program waits for input that never comes.
    with machine.start("cmd"):
        try:
            yield machine
        finally:
            machine.end()


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
