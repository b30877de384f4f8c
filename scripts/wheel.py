"""`make wheel`: the server with the exported console inside, as one file to install anywhere.

The agent's builds go along where agent/dist has them (`make agent`).
"""

import shutil
import sys

from tools import AGENT, CONSOLE, ROOT, SERVER, Stop, build_console, run, uv

CONSOLE_INSIDE = SERVER / "deployflow" / "_console"
AGENTS_INSIDE = SERVER / "deployflow" / "_agents"
BOOT_INSIDE = SERVER / "deployflow" / "_boot"


def main() -> None:
    build_console()
    remove_copies()
    shutil.rmtree(SERVER / "dist", ignore_errors=True)
    try:
        shutil.copytree(CONSOLE / "out", CONSOLE_INSIDE)
        AGENTS_INSIDE.mkdir()
        for build in (AGENT / "dist").glob("deployflow-agent-*"):
            shutil.copy2(build, AGENTS_INSIDE)
        shutil.copytree(ROOT / "boot", BOOT_INSIDE)
        run("build the wheel", [uv(), "build", "--wheel", "--out-dir", SERVER / "dist"], cwd=SERVER)
    finally:
        remove_copies()
    print(*(f"  {file.relative_to(SERVER.parent)}" for file in (SERVER / "dist").glob("*.whl")))


def remove_copies() -> None:
    """A checkout serves console/out and agent/dist, which change; copies in the package would win."""
    shutil.rmtree(CONSOLE_INSIDE, ignore_errors=True)
    shutil.rmtree(AGENTS_INSIDE, ignore_errors=True)
    shutil.rmtree(BOOT_INSIDE, ignore_errors=True)


if __name__ == "__main__":
    try:
        main()
    except Stop as stop:
        sys.exit(f"make wheel: {stop}")
