"""Backup and restore of PostgreSQL by its own programs; collected in the PostgreSQL run only."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from deployflow.app.failures import ExitCode
from deployflow.platform.settings import Settings

PASSWORD = "correct horse battery staple"


class Shell:
    def __init__(self, settings: Settings) -> None:
        assert settings.database_url is not None
        self._environment = {
            "PATH": os.environ["PATH"],
            "DEPLOYFLOW_DATA_DIR": str(settings.data_dir),
            "DEPLOYFLOW_DATABASE_URL": settings.database_url,
        }

    def __call__(self, *arguments: str | Path, stdin: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "deployflow", *map(str, arguments)],
            env=self._environment,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
def shell(settings: Settings) -> Shell:
    made = Shell(settings)
    done = made("init", "--email", "ada@example.com", "--password-stdin", stdin=PASSWORD + "\n")
    assert done.returncode == 0, done.stderr
    return made


class TestBackupOfPostgresql:
    def test_there_and_back(self, shell: Shell, tmp_path: Path) -> None:
        file = tmp_path / "fleet.backup"
        shell("token", "create", "before")
        assert shell("backup", file).returncode == 0
        shell("token", "create", "after")
        refused = shell("restore", file)
        assert refused.returncode == ExitCode.REFUSED
        assert "--force" in refused.stderr
        done = shell("restore", file, "--force")
        assert done.returncode == 0, done.stderr
        listed = json.loads(shell("token", "list", "--json").stdout)["items"]
        assert [one["name"] for one in listed] == ["before"]

    def test_a_backup_of_the_other_database_is_refused(
        self, shell: Shell, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        other = tmp_path_factory.mktemp("sqlite")
        plain = {"PATH": os.environ["PATH"], "DEPLOYFLOW_DATA_DIR": str(other)}
        file = tmp_path / "sqlite.backup"
        for command in (["init"], ["backup", str(file)]):
            subprocess.run([sys.executable, "-m", "deployflow", *command], env=plain, check=True, capture_output=True)
        done = shell("restore", file, "--force")
        assert done.returncode == ExitCode.USAGE
        assert "this backup is of sqlite" in done.stderr
