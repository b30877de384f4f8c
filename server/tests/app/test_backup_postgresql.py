"""Backup and restore of PostgreSQL by its own programs; collected in the PostgreSQL run only."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from deployflow.app.failures import ExitCode
from tests.support.shell import Shell


class TestBackupOfPostgresql:
    def test_there_and_back(self, installed: Shell, tmp_path: Path) -> None:
        file = tmp_path / "fleet.backup"
        installed("token", "create", "before")
        assert installed("backup", file).code == 0
        installed("token", "create", "after")
        refused = installed("restore", file)
        assert refused.code == ExitCode.REFUSED
        assert "--force" in refused.err
        done = installed("restore", file, "--force")
        assert done.code == 0, done.err
        listed = installed("token", "list", "--json").json["items"]
        assert [one["name"] for one in listed] == ["before"]

    def test_a_backup_of_the_other_database_is_refused(
        self, installed: Shell, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        other = tmp_path_factory.mktemp("sqlite")
        plain = {"PATH": os.environ["PATH"], "DEPLOYFLOW_DATA_DIR": str(other)}
        file = tmp_path / "sqlite.backup"
        for command in (["init"], ["backup", str(file)]):
            subprocess.run([sys.executable, "-m", "deployflow", *command], env=plain, check=True, capture_output=True)
        done = installed("restore", file, "--force")
        assert done.code == ExitCode.USAGE
        assert "this backup is of sqlite" in done.err
