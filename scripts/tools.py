"""What `make` targets share: finding tools, running steps with progress, and knowing when nothing changed.

Standard library only: these programs run before anything is installed.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LOCAL = ROOT / ".local"
SERVER, CONSOLE, AGENT = ROOT / "server", ROOT / "console", ROOT / "agent"
OLDEST_NODE = 20
# Fetched only where no uv is on PATH; the same one the lock file was made with.
UV_VERSION = "0.13.9"
SYSTEM_PACKAGES = "sudo scripts/install-system-packages"


class Stop(Exception):
    """One sentence about what is missing and how to get it."""


def log_file(name: str) -> Path:
    """Where a step's output is kept."""
    folder = LOCAL / "logs"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{re.sub('[^a-z0-9]+', '-', name.lower())}.log"


def run(name: str, argv: Sequence[str | Path], *, cwd: Path = ROOT, env: Mapping[str, str] | None = None) -> None:
    """Run a step: one line while it runs and when it is done, its whole output where it fails.

    Raises:
        Stop: when it fails.
    """
    log = log_file(name)
    print(f"  {name} …", flush=True)
    started = time.monotonic()
    with log.open("wb") as out:
        done = subprocess.run(
            [str(part) for part in argv],
            cwd=cwd,
            env={**os.environ, **(env or {})},
            stdout=out,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            check=False,
        )
    if done.returncode != 0:
        sys.stderr.write(log.read_text(errors="replace"))
        raise Stop(f"{name} failed (exit code {done.returncode}); its output is above and in {log.relative_to(ROOT)}")
    print(f"  {name}: done in {time.monotonic() - started:.1f} s", flush=True)


def uv() -> str:
    """A uv that works: the one on PATH, or one of our own under .local/."""
    found = shutil.which("uv")
    if found and subprocess.run([found, "--version"], capture_output=True, check=False).returncode == 0:
        return found
    own = LOCAL / "uv"
    if not (own / "bin" / "uv").exists():
        try:
            run("fetch uv", [sys.executable, "-m", "venv", own])
            run("install uv", [own / "bin" / "python", "-m", "pip", "install", "--quiet", f"uv=={UV_VERSION}"])
        except Stop as stop:
            shutil.rmtree(own, ignore_errors=True)
            raise Stop(
                f"{stop}. uv is needed: install it (https://docs.astral.sh/uv/), or python3-venv and try again"
            ) from stop
    return str(own / "bin" / "uv")


def check_node() -> None:
    """See that Node and npm are here and new enough.

    Raises:
        Stop: saying which version was found.
    """
    node, npm = shutil.which("node"), shutil.which("npm")
    wanted = f"Node {OLDEST_NODE} or newer is needed to build the console"
    if node is None or npm is None:
        raise Stop(f"{wanted}, and {'npm' if node else 'node'} is not on PATH: install it (https://nodejs.org/)")
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout.strip()
    major = said.lstrip("v").split(".")[0]
    if not major.isdigit() or int(major) < OLDEST_NODE:
        raise Stop(f"{wanted}, and {node} is {said or 'broken'}: install a newer one (https://nodejs.org/)")


def fingerprint(paths: Iterable[Path], *words: str) -> str:
    """A hash over what the files under `paths` hold, and over `words`."""
    digest = hashlib.sha256("\0".join(words).encode())
    for path in paths:
        files = sorted(file for file in path.rglob("*") if file.is_file()) if path.is_dir() else [path]
        for file in files:
            if file.exists():
                digest.update(str(file.relative_to(ROOT)).encode() + b"\0")
                digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


class Stamp:
    """Remembers from which sources something was made, so that it is made again only when they changed."""

    def __init__(self, name: str, made: Path, sources: Iterable[Path], *words: str) -> None:
        self._file = LOCAL / "stamps" / name
        self._made = made
        self._now = fingerprint(sources, *words)

    def is_current(self) -> bool:
        return self._made.exists() and self._file.exists() and self._file.read_text() == self._now

    def keep(self) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        self._file.write_text(self._now)


def sync_server() -> None:
    """The server's environment, as locked."""
    stamp = Stamp(
        "server", SERVER / ".venv" / "bin" / "deployflow", [SERVER / "pyproject.toml", SERVER / "uv.lock"], str(ROOT)
    )
    if not stamp.is_current():
        run("install the server's packages", [uv(), "sync", "--frozen", "--quiet", "--compile-bytecode"], cwd=SERVER)
        stamp.keep()


def sync_console() -> None:
    """The console's packages, as locked."""
    check_node()
    stamp = Stamp("console-packages", CONSOLE / "node_modules" / ".package-lock.json", [CONSOLE / "package-lock.json"])
    if not stamp.is_current():
        run("install the console's packages", ["npm", "ci", "--no-audit", "--no-fund"], cwd=CONSOLE)
        stamp.keep()


def build_console() -> None:
    """The exported console, where its sources changed."""
    own = [CONSOLE / name for name in ("src", "public", "scripts", "package-lock.json")]
    settings = sorted(file for file in CONSOLE.glob("*.*") if file.suffix in {".json", ".ts", ".mjs", ".cjs"})
    # Next writes this one itself.
    sources = [*own, *(file for file in settings if file.name != "next-env.d.ts")]
    stamp = Stamp("console-build", CONSOLE / "out" / "index.html", sources)
    if stamp.is_current():
        return
    sync_console()
    run("build the console", ["npm", "run", "build"], cwd=CONSOLE, env={"NEXT_TELEMETRY_DISABLED": "1"})
    stamp.keep()


def build_agent() -> None:
    """The agent's downloads in agent/dist; its own build knows what is current."""
    run("build the agent", [AGENT / "build.sh"], cwd=AGENT)
