"""Tests that no database takes part in, or only SQLite, run once: in the SQLite run."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from deployflow.platform.settings import Settings
from tests.conftest import BACKEND
from tests.support.shell import Shell

PASSWORD = "correct horse battery staple"

collect_ignore = (
    [
        "test_cli_sqlite.py",
        "test_console.py",
        "test_headers.py",
        "test_make.py",
        "test_openapi.py",
        "test_serving.py",
    ]
    if BACKEND == "postgresql"
    else ["test_backup_postgresql.py"]
)


@pytest.fixture
def database_url(request: pytest.FixtureRequest) -> str | None:
    """A PostgreSQL database for an installation of its own; SQLite is in its data folder."""
    if BACKEND == "sqlite":
        return None
    settings: Settings = request.getfixturevalue("settings")
    return settings.database_url


@pytest.fixture
def shell(
    tmp_path: Path,
    database_url: str | None,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Shell]:
    yield Shell(tmp_path, database_url, capsys, monkeypatch)
    structlog.reset_defaults()


@pytest.fixture
def installed(shell: Shell) -> Shell:
    made = shell("init", "--email", "ada@example.com", "--name", "Ada", "--password-stdin", stdin=PASSWORD + "\n")
    assert made.code == 0, made.err
    return shell
