"""Programs of the system that building and serving a boot needs."""

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

# Debian keeps these off the PATH of ordinary users.
_MORE_PATHS = ["/usr/sbin", "/sbin"]


class BootToolFailed(Exception):
    """One sentence about what did not work and what to do."""


def program(name: str, package: str) -> str:
    """Where a program is.

    Raises:
        BootToolFailed: it is not installed.
    """
    found = shutil.which(name) or shutil.which(name, path=os.pathsep.join(_MORE_PATHS))
    if found is None:
        raise BootToolFailed(f"{name} is not installed: install the package {package} (Debian, Ubuntu) and try again")
    return found


def run(
    argv: Sequence[str | Path],
    *,
    what: str,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    stdin: bytes | None = None,
) -> bytes:
    """Run it to its end; gives its output.

    Raises:
        BootToolFailed: with the last lines it said.
    """
    done = subprocess.run(  # noqa: S603  fixed programs, arguments as a list
        [str(part) for part in argv],
        cwd=cwd,
        env={**os.environ, "LC_ALL": "C", **(env or {})},
        input=stdin,
        stdin=None if stdin is not None else subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    if done.returncode != 0:
        said = [line for line in done.stderr.decode(errors="replace").splitlines() if line.strip()]
        raise BootToolFailed(
            f"{what} failed (exit code {done.returncode}): {' / '.join(said[-3:]) or 'it said nothing'}"
        )
    return done.stdout
