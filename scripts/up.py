"""`make up` and `make dev`: everything a fresh clone needs, then the server.

PORT, HOST and DATA (a folder) in the environment say otherwise than 8480, 127.0.0.1 and .local/data.
"""

import json
import os
import shutil
import socket
import sys
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from tools import AGENT, LOCAL, ROOT, SERVER, Stop, build_agent, build_console, sync_console, sync_server

HOST = os.environ.get("HOST") or "127.0.0.1"
PORT = os.environ.get("PORT") or "8480"
DATA = Path(os.environ.get("DATA") or LOCAL / "data").resolve()
MAX_PORT = 65_535
# The operator's own settings would otherwise win over what is printed here.
OWN = {"DEPLOYFLOW_DATA_DIR": str(DATA), "DEPLOYFLOW_HOST": HOST, "DEPLOYFLOW_PORT": PORT}


def main() -> None:
    dev = sys.argv[1:] == ["dev"]
    check_port()
    sync_server()
    if dev:
        sync_console()
        os.chdir(ROOT)
        os.execve(sys.executable, [sys.executable, str(ROOT / "scripts" / "dev.py")], environment())  # noqa: S606
    build_console()
    offer_agent()
    DATA.mkdir(parents=True, exist_ok=True)
    print(f"Data in {DATA}; stop with Ctrl-C.", flush=True)
    program = SERVER / ".venv" / "bin" / "deployflow"
    os.execve(program, [str(program), "serve"], environment())  # noqa: S606


def environment() -> dict[str, str]:
    """Ours before the caller's; and compiled modules are kept, or every start would take seconds more."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, **OWN}


def check_port() -> None:
    """Say at once when the port is taken, and by whom where it is us."""
    if not PORT.isdigit() or int(PORT) > MAX_PORT:
        raise Stop(f"PORT={PORT} is no port: give a number, such as `make up PORT=8481`")
    family = socket.AF_INET6 if ":" in HOST else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, int(PORT)))
        except OSError as error:
            if is_ours():
                raise Stop(f"DeployFlow Fleet is running already: http://127.0.0.1:{PORT}") from error
            raise Stop(
                f"port {PORT} on {HOST} cannot be used ({error.strerror}): stop what listens there,"
                f" or choose another: make up PORT={int(PORT) + 1}"
            ) from error


def is_ours() -> bool:
    try:
        with urlopen(f"http://127.0.0.1:{PORT}/healthz", timeout=2) as answer:
            return json.load(answer).get("product") == "deployflow"
    except (URLError, OSError, ValueError, AttributeError):
        return False


def offer_agent() -> None:
    """The agent's downloads, where the .NET SDK is here. The server runs without them."""
    if shutil.which("dotnet") is None:
        if not list((AGENT / "dist").glob("deployflow-agent-*")):
            print(
                "  No agent to download yet: the .NET 10 SDK is not on PATH. Install it"
                " (https://dotnet.microsoft.com/) and run `make agent`; the running server offers what that builds."
            )
        return
    try:
        build_agent()
    except Stop as stop:
        print(f"  No agent to download: {stop}", file=sys.stderr)


if __name__ == "__main__":
    try:
        main()
    except Stop as stop:
        sys.exit(f"make up: {stop}")
    except KeyboardInterrupt:
        sys.exit(130)
