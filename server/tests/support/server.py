"""Starts the real `deployflow serve` as a process of its own, for tests that kill it or measure it.

with ServerProcess(data_dir=tmp_path) as server:
    httpx2.get(server.url + "/healthz")
    server.kill()       # SIGKILL, as a power cut would
    server.start()      # the same folder, the same port
"""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.error import URLError
from urllib.request import urlopen

# Generous, because tests share a small machine; a healthy start takes about a second.
READY_WITHIN_S = 180
STOPPED_WITHIN_S = 60
_FIRST_RUN = re.compile(r"/setup/#token=(?P<token>\S+)$", re.MULTILINE)


class ServerDidNotStart(AssertionError):
    """The process ended or stayed silent; its output is the message."""


class ServerProcess:
    """One server process. It keeps its port over restarts, so that agents find it again."""

    def __init__(
        self,
        *,
        data_dir: Path,
        database_url: str | None = None,
        port: int | None = None,
        **settings: str,
    ) -> None:
        """`settings` are environment variables without their prefix, such as `lease="PT5S"`."""
        self.data_dir = data_dir
        self.port = port or free_port()
        self.process: subprocess.Popen[bytes] | None = None
        self.output = data_dir / "server.out"
        self.log = data_dir / "server.log"
        clean = {
            name: value
            for name, value in os.environ.items()
            # Without compiled modules kept, each start would take seconds more.
            if not name.startswith("DEPLOYFLOW_") and name != "PYTHONDONTWRITEBYTECODE"
        }
        self._environment = {
            **clean,
            "DEPLOYFLOW_DATA_DIR": str(data_dir),
            "DEPLOYFLOW_LOG_FORMAT": "json",
            "PYTHONUNBUFFERED": "1",
            **({"DEPLOYFLOW_DATABASE_URL": database_url} if database_url else {}),
            **{f"DEPLOYFLOW_{name.upper()}": value for name, value in settings.items()},
        }

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def start(self) -> Self:
        """Start it and wait until it answers."""
        self.data_dir.mkdir(parents=True, exist_ok=True)
        with self.output.open("wb") as out, self.log.open("ab") as err:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "deployflow", "serve", "--port", str(self.port)],
                stdout=out,
                stderr=err,
                stdin=subprocess.DEVNULL,
                env=self._environment,
                cwd=Path(__file__).parents[2],
            )
        try:
            self.wait_until_ready()
        except BaseException:
            self.kill()
            raise
        return self

    def wait_until_ready(self, within_s: float = READY_WITHIN_S) -> None:
        """Wait for `/readyz` to say yes.

        Raises:
            ServerDidNotStart: with what the process said.
        """
        assert self.process is not None
        ends = time.monotonic() + within_s
        while time.monotonic() < ends:
            if self.process.poll() is not None:
                raise ServerDidNotStart(f"exit code {self.process.returncode}: {self._last_words()}")
            with contextlib.suppress(URLError, OSError), urlopen(self.url + "/readyz", timeout=2) as answer:  # noqa: S310  http only
                if answer.status == 200:
                    return
            time.sleep(0.02)
        raise ServerDidNotStart(f"not ready after {within_s} s: {self._last_words()}")

    def first_run_token(self) -> str:
        """The one-time token of a new installation, as printed."""
        match = _FIRST_RUN.search(self.output.read_text())
        assert match is not None, "this installation has a user already"
        return match["token"]

    def stop(self) -> int:
        """SIGTERM, and wait. Gives the exit code."""
        return self._end(signal.SIGTERM)

    def kill(self) -> int:
        """SIGKILL, and wait: nothing gets a chance to tidy up."""
        return self._end(signal.SIGKILL)

    def log_lines(self) -> list[dict[str, Any]]:
        """What it logged so far, over all its starts."""
        return [json.loads(line) for line in self.log.read_text().splitlines() if line.startswith("{")]

    def rss_bytes(self) -> int:
        """Memory it holds now."""
        text = Path(f"/proc/{self.pid}/status").read_text()
        return int(text.split("VmRSS:")[1].split()[0]) * 1024

    def cpu_s(self) -> float:
        """Processor time it used so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()

    def _end(self, with_signal: signal.Signals) -> int:
        if self.process is None:
            return 0
        self.process.send_signal(with_signal)
        try:
            return self.process.wait(STOPPED_WITHIN_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"did not stop in {STOPPED_WITHIN_S} s: {self._last_words()}") from None

    def _last_words(self) -> str:
        return (self.output.read_text() + self.log.read_text())[-4000:]


def free_port() -> int:
    """A port nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
