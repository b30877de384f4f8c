"""A machine in the Linux boot environment, as far as its agent goes: the real program and what is typed at it."""

import contextlib
import fcntl
import os
import pty
import struct
import subprocess
import termios
import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from uuid import UUID, uuid4

from support import smbios
from support.agent import PROGRAM
from support.waiting import until

ROWS, COLUMNS = 40, 120


class BootedMachine:
    """Runs `deployflow-agent deploy` on a terminal of its own."""

    def __init__(self, folder: Path, server_url: str, server_key: bytes, *arguments: str, **environment: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.uuid = uuid4()
        self.mac = "52:54:00:" + ":".join(f"{byte:02x}" for byte in self.uuid.bytes[:3])
        (folder / "server.pem").write_bytes(server_key)
        (folder / "dmi").write_bytes(_firmware(self.uuid))
        self._arguments = [
            *("--server", server_url, "--boot-key", str(folder / "server.pem"), "--mac", self.mac),
            *("--dmi-table", str(folder / "dmi"), "--work-dir", str(folder / "work")),
            *("--log", str(folder / "agent.log"), *arguments),
        ]
        self._environment = {**os.environ, "TERM": "linux", **environment}
        self._process: subprocess.Popen[bytes] | None = None
        self._terminal = -1
        self._screen = bytearray()

    def start(self) -> Self:
        self._terminal, inside = pty.openpty()
        fcntl.ioctl(inside, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        self._process = subprocess.Popen(
            [str(PROGRAM), "deploy", *self._arguments],
            stdin=inside,
            stdout=inside,
            stderr=inside,
            env=self._environment,
            start_new_session=True,
        )
        os.close(inside)
        threading.Thread(target=self._watch, daemon=True).start()
        return self

    def press(self, keys: str) -> None:
        os.write(self._terminal, keys.encode())

    def said(self) -> str:
        """A line for all that happened so far."""
        log = self.folder / "agent.log"
        return log.read_text(errors="replace") if log.exists() else ""

    def shown(self) -> str:
        """All that ever went to the screen, with its codes for colour and place."""
        return self._screen.decode(errors="replace")

    def ended(self, within_s: float = 120) -> int:
        assert self._process is not None
        return self._process.wait(within_s)

    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def says(self, words: str, within_s: float = 60) -> None:
        until(f"the machine says {words!r}", lambda: words in self.said(), within_s=within_s)

    def power_off(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait(30)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            print(self.said())
        self.power_off()

    def _watch(self) -> None:
        with contextlib.suppress(OSError):
            while piece := os.read(self._terminal, 65536):
                self._screen += piece


def script(name: str, body: str, **more: Any) -> dict[str, Any]:
    """A task that runs a script in the boot environment."""
    configuration = {"where": "boot", "language": "sh", "body": body}
    return {"type": "script", "name": name, "configuration": configuration, **more}


def outcomes(deployment: dict[str, Any]) -> list[str]:
    return [step["state"] for step in deployment["steps"]]


def variables(names: Sequence[str]) -> str:
    """A script's line that prints them."""
    return "echo " + " ".join(f'"{name}=${name}"' for name in names)


def _firmware(uuid: UUID) -> bytes:
    return smbios.table(manufacturer="LENOVO", product="20XW004KGE", serial=f"PF{uuid.hex[:6].upper()}", uuid=uuid)
