"""A PostgreSQL of our own for one run, with its own defaults: a commit is on disk when it returns."""

import os
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from bench import machine


class NoPostgres(Exception):
    """PostgreSQL's programs are not on PATH."""


class Cluster:
    """Its databases, by name."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def url(self, name: str) -> str:
        return f"postgresql+psycopg://df@/{name}?host={self._folder}"

    def create(self, name: str, *, template: str = "template1") -> str:
        """A new database, copied from `template`; gives its URL."""
        self.execute("postgres", f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return self.url(name)

    def drop(self, name: str) -> None:
        self.execute("postgres", f'DROP DATABASE "{name}" WITH (FORCE)')

    def execute(self, name: str, statement: str) -> list[tuple[object, ...]]:
        with psycopg.connect(self.url(name).replace("+psycopg", ""), autocommit=True) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []


@contextmanager
def cluster() -> Iterator[Cluster]:
    """Start it, and remove it afterwards.

    Raises:
        NoPostgres: saying what to install.
    """
    if shutil.which("initdb") is None or shutil.which("pg_ctl") is None:
        raise NoPostgres("PostgreSQL is not here. Install it with: sudo scripts/install-system-packages")
    folder = Path(tempfile.mkdtemp(prefix="dfbench-pg-"))
    as_user = ["runuser", "-u", "nobody", "--"] if os.geteuid() == 0 else []
    if as_user:
        shutil.chown(folder, "nobody")
    data = str(folder / "d")

    def run(*argv: str) -> None:
        subprocess.run([*as_user, *argv], check=True, capture_output=True, cwd=folder)

    try:
        run("initdb", "-D", data, "-U", "df", "-A", "trust", "--no-locale", "-E", "UTF8")
        options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c max_connections=100"
        run("pg_ctl", "-D", data, "-o", options, "-l", str(folder / "log"), "-w", "start")
        stop = threading.Event()
        first = int((folder / "d" / "postmaster.pid").read_text().splitlines()[0])
        threading.Thread(target=machine.keep_first, args=(first, stop), daemon=True).start()
        try:
            yield Cluster(folder)
        finally:
            stop.set()
            run("pg_ctl", "-D", data, "-m", "fast", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
