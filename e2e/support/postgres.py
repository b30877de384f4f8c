"""A PostgreSQL cluster of our own that keeps its promises (fsync on) and can be killed."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg
import pytest


class Cluster:
    """Started when entered. `restart` is a crash: `immediate` sends no goodbye and recovers from the log."""

    def __init__(self) -> None:
        if shutil.which("initdb") is None or shutil.which("pg_ctl") is None:
            pytest.skip("PostgreSQL is not here. Install it with: sudo scripts/install-system-packages")
        self._folder = Path(tempfile.mkdtemp(prefix="dfpg-"))
        self._data = self._folder / "d"
        self._user: list[str] = []
        if os.geteuid() == 0:
            self._user = ["runuser", "-u", "nobody", "--"]
            shutil.chown(self._folder, "nobody")

    @property
    def url(self) -> str:
        return f"postgresql+psycopg://df@/postgres?host={self._folder}"

    def restart(self) -> None:
        self._pg_ctl("-m", "immediate", "-w", "restart")

    def stop(self) -> None:
        self._pg_ctl("-m", "immediate", "-w", "stop")

    def start(self) -> None:
        options = (
            f"-c listen_addresses='' -c unix_socket_directories={self._folder}"
            " -c fsync=on -c synchronous_commit=on -c max_connections=200"
        )
        self._pg_ctl("-o", options, "-l", str(self._folder / "log"), "-w", "start")

    def rows(self, statement: str) -> list[tuple[object, ...]]:
        with psycopg.connect(self.url.replace("+psycopg", ""), autocommit=True) as connection:
            return list(connection.execute(statement).fetchall())

    def __enter__(self) -> Self:
        self._run("initdb", "-D", str(self._data), "-U", "df", "-A", "trust", "--no-locale", "-E", "UTF8")
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        subprocess.run(
            [*self._user, "pg_ctl", "-D", str(self._data), "-m", "immediate", "stop"], check=False, capture_output=True
        )
        shutil.rmtree(self._folder, ignore_errors=True)

    def _pg_ctl(self, *arguments: str) -> None:
        self._run("pg_ctl", "-D", str(self._data), *arguments)

    def _run(self, *argv: str) -> None:
        # Not captured through a pipe: the server would inherit it, and nobody would see its end.
        with (self._folder / "said").open("ab") as said:
            subprocess.run([*self._user, *argv], check=True, stdout=said, stderr=said, stdin=subprocess.DEVNULL)
