"""Tests that no database takes part in, or only SQLite, run once: in the SQLite run."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from tests.support.shell import Shell

PASSWORD = "correct horse battery staple"

collect_ignore = (
    [
        "test_cli.py",
        "test_cli_deployments.py",
        "test_cli_profiles.py",
        "test_console.py",
        "test_headers.py",
        "test_make.py",
        "test_openapi.py",
        "test_serving.py",
    ]
    if os.environ.get("DEPLOYFLOW_TEST_DATABASE") == "postgresql"
    else ["test_backup_postgresql.py"]
)


@pytest.fixture
def shell(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Shell]:
    yield Shell(tmp_path, capsys, monkeypatch)
    structlog.reset_defaults()


@pytest.fixture
def installed(shell: Shell) -> Shell:
    made = shell("init", "--email", "ada@example.com", "--name", "Ada", "--password-stdin", stdin=PASSWORD + "\n")
    assert made.code == 0, made.err
    return shell
