"""The command line, called as a shell would, in this process."""

import io
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import NullPool, Row, create_engine

from deployflow.app import cli


@dataclass
class Said:
    """What a command answered."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Shell:
    """Runs commands in this process: starting Python for each would take most of the time."""

    def __init__(
        self,
        folder: Path,
        database_url: str | None,
        capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """`database_url`: None for SQLite in the data folder."""
        self.data = folder / "data"
        self.database_url = database_url
        self._capsys, self._monkeypatch = capsys, monkeypatch

    def __call__(self, *arguments: str | Path, stdin: str = "") -> Said:
        self._monkeypatch.setattr(sys, "argv", ["deployflow", *map(str, arguments)])
        self._monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
        self._monkeypatch.setenv("DEPLOYFLOW_DATA_DIR", str(self.data))
        if self.database_url is not None:
            self._monkeypatch.setenv("DEPLOYFLOW_DATABASE_URL", self.database_url)
        self._capsys.readouterr()
        try:
            cli.main()
            code = 0
        except SystemExit as ended:
            code = int(ended.code or 0)
        said = self._capsys.readouterr()
        return Said(code, said.out, said.err)

    def rows(self, statement: str) -> list[Row[Any]]:
        """What the database itself holds."""
        engine = create_engine(self.database_url or f"sqlite:///{self.data / 'deployflow.db'}", poolclass=NullPool)
        with engine.connect() as connection:
            return list(connection.exec_driver_sql(statement))
