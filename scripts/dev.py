"""`make dev`: the server, restarted when its code changes, and the console's own development server."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from tools import CONSOLE, SERVER

CONSOLE_URL = "http://localhost:3480"
LOOK_EVERY_S = 0.5


def main() -> None:
    address = f"http://127.0.0.1:{os.environ['DEPLOYFLOW_PORT']}"
    console = subprocess.Popen(
        ["npm", "run", "dev"],
        cwd=CONSOLE,
        env={**os.environ, "DEPLOYFLOW_SERVER": address, "NEXT_TELEMETRY_DISABLED": "1"},
        start_new_session=True,
    )
    print(f"Console with reload: {CONSOLE_URL}; server: {address}", flush=True)
    server = start_server()
    seen = newest()
    try:
        while console.poll() is None:
            time.sleep(LOOK_EVERY_S)
            now = newest()
            if now != seen:
                seen = now
                print("— the server's code changed: starting it again —", flush=True)
                server.terminate()
                server.wait()
                server = start_server()
    finally:
        os.killpg(console.pid, signal.SIGTERM)
        server.terminate()
        server.wait()


def start_server() -> subprocess.Popen[bytes]:
    program = SERVER / ".venv" / "bin" / "deployflow"
    return subprocess.Popen([program, "serve"], env={**os.environ, "DEPLOYFLOW_DRAIN": "1"})


def newest() -> tuple[int, int]:
    """The count and the latest change of the server's source files."""
    files: list[Path] = [*(SERVER / "deployflow").rglob("*.py"), *(SERVER / "migrations").rglob("*.py")]
    times = []
    for file in files:
        try:
            times.append(file.stat().st_mtime_ns)
        except FileNotFoundError:
            continue
    return len(times), max(times)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
