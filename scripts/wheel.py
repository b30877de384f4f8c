"""`make wheel`: the server with the exported console inside, as one file to install anywhere."""

import shutil
import sys

from tools import CONSOLE, SERVER, Stop, build_console, run, uv

INSIDE = SERVER / "deployflow" / "_console"


def main() -> None:
    build_console()
    shutil.rmtree(INSIDE, ignore_errors=True)
    shutil.rmtree(SERVER / "dist", ignore_errors=True)
    try:
        shutil.copytree(CONSOLE / "out", INSIDE)
        run("build the wheel", [uv(), "build", "--wheel", "--out-dir", SERVER / "dist"], cwd=SERVER)
    finally:
        # A checkout serves console/out, which changes; a copy in the package would win.
        shutil.rmtree(INSIDE, ignore_errors=True)
    print(*(f"  {file.relative_to(SERVER.parent)}" for file in (SERVER / "dist").glob("*.whl")))


if __name__ == "__main__":
    try:
        main()
    except Stop as stop:
        sys.exit(f"make wheel: {stop}")
