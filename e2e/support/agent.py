"""The real agent as a process: enrolled, started, killed."""

import contextlib
import json
import os
import signal
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = Path(os.environ.get("DEPLOYFLOW_TEST_AGENT", ROOT / "agent" / "dist" / "linux-x64" / "deployflow-agent"))
ENDS_WITHIN_S = 30


class AgentProcess:
    """One installed agent. It keeps its data folder over restarts, as a device does."""

    def __init__(self, folder: Path, **environment: str) -> None:
        if not PROGRAM.exists():
            pytest.skip(f"{PROGRAM} is not built. Build it with: make agent")
        self.folder = folder
        self.data = folder / "data"
        self.log = folder / "agent.log"
        self.process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True, exist_ok=True)
        clean = {name: value for name, value in os.environ.items() if not name.startswith("DEPLOYFLOW_")}
        self.environment = {**clean, **environment}

    def command(self, *arguments: str, within_s: float = 60) -> subprocess.CompletedProcess[str]:
        """Run one of its commands to the end."""
        return subprocess.run(
            [str(PROGRAM), *arguments, "--data-dir", str(self.data)],
            env=self.environment,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=within_s,
            check=False,
        )

    def enroll(self, url: str, token: str) -> str:
        """Enroll it; gives the device's id."""
        done = self.command("enroll", "--server", url, "--token", token)
        assert done.returncode == 0, done.stderr
        device_id: str = json.loads((self.data / "agent.json").read_text())["device_id"]
        return device_id

    def start(self) -> Self:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [str(PROGRAM), "run", "--data-dir", str(self.data)],
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                env=self.environment,
            )
        return self

    def kill(self) -> None:
        """SIGKILL: nothing gets a chance to tidy up."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(ENDS_WITHIN_S)

    def stop(self) -> int:
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(ENDS_WITHIN_S)

    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def said(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def status(self) -> dict[str, Any]:
        """What it keeps for `deployflow-agent status`; empty before the first check-in."""
        with contextlib.suppress(FileNotFoundError):
            noted: dict[str, Any] = json.loads((self.data / "status.json").read_text())
            return noted
        return {}

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()


def processes_with(variable: str, value: str) -> list[int]:
    """Living processes that inherited this environment variable."""
    wanted = f"{variable}={value}\0".encode()
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with contextlib.suppress(OSError):
                if wanted in (folder / "environ").read_bytes():
                    found.append(int(folder.name))
    return found
