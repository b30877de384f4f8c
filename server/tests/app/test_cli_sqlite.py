"""The command line and the file that SQLite keeps its database in. PostgreSQL's part is test_backup_postgresql.py."""

from pathlib import Path

from deployflow.app.failures import ExitCode
from tests.support.server import ServerProcess
from tests.support.shell import Shell


class TestDoctor:
    def test_a_damaged_database_is_said(self, installed: Shell) -> None:
        (installed.data / "deployflow.db").write_bytes(b"not a database" * 1000)
        for ending in ("-wal", "-shm"):
            (installed.data / f"deployflow.db{ending}").unlink(missing_ok=True)
        assert installed("doctor").code == ExitCode.FAILED


class TestBackup:
    def test_there_and_back(self, installed: Shell, tmp_path: Path) -> None:
        installed("token", "create", "before")
        file = tmp_path / "fleet.backup"
        said = installed("backup", file)
        assert said.code == 0, said.err
        assert "keys are not in it" in said.out
        assert file.stat().st_mode & 0o777 == 0o600
        installed("token", "create", "after")
        refused = installed("restore", file)
        assert (refused.code, "--force" in refused.err) == (ExitCode.REFUSED, True)
        assert installed("restore", file, "--force").code == 0
        assert [one["name"] for one in installed("token", "list", "--json").json["items"]] == ["before"]
        assert list(installed.data.glob("deployflow.db.before-*"))

    def test_a_damaged_one_is_refused_before_anything_changes(self, installed: Shell, tmp_path: Path) -> None:
        file = tmp_path / "fleet.backup"
        installed("backup", file)
        whole = file.read_bytes()
        before = (installed.data / "deployflow.db").read_bytes()
        for damaged in (
            whole[: len(whole) // 2],
            whole.replace(b"ada@example.com", b"eve@example.com"),
            b"",
            b"x" * 5000,
        ):
            file.write_bytes(damaged)
            said = installed("restore", file, "--force")
            assert said.code == ExitCode.FAILED, said.err
            assert "take another one" in said.err
        assert (installed.data / "deployflow.db").read_bytes() == before

    def test_a_running_server_is_backed_up_but_not_replaced(self, installed: Shell, tmp_path: Path) -> None:
        file = tmp_path / "fleet.backup"
        with ServerProcess(data_dir=installed.data):
            assert installed("backup", file).code == 0
            said = installed("restore", file, "--force")
            assert said.code == ExitCode.REFUSED
            assert "a server runs on" in said.err
