"""The command line, called as a shell would, on an installation of its own."""

import hashlib
import json
from pathlib import Path

import pytest

from deployflow.app.failures import ExitCode
from deployflow.boot.keys import load_or_make, public_pem
from tests.support.server import ServerProcess
from tests.support.shell import Shell

PASSWORD = "correct horse battery staple"


def found(shell: Shell, name: str) -> dict[str, str]:
    """What the doctor says of one thing."""
    return next(one for one in shell("doctor", "--json").json["checks"] if one["name"] == name)


class TestWithoutAnInstallation:
    @pytest.mark.parametrize("command", ["user list", "token list", "device list", "audit verify"])
    def test_each_command_says_how_to_make_one(self, shell: Shell, command: str) -> None:
        said = shell(*command.split())
        assert said.code == ExitCode.NOT_FOUND
        assert "deployflow init" in said.err
        assert len(said.err.splitlines()) == 1
        assert not shell.data.exists()


class TestInit:
    def test_it_may_be_repeated(self, shell: Shell) -> None:
        assert shell("init").code == 0
        assert shell("init").code == 0

    def test_a_second_first_administrator_is_refused(self, installed: Shell) -> None:
        said = installed("init", "--email", "eve@example.com")
        assert said.code == ExitCode.REFUSED
        assert "user create" in said.err

    def test_a_weak_password_is_refused_and_nobody_is_made(self, shell: Shell) -> None:
        said = shell("init", "--email", "ada@example.com", "--password-stdin", stdin="short\n")
        assert said.code == ExitCode.USAGE
        assert shell("init", "--json").json["first_run_token"]

    def test_without_a_password_there_is_a_link(self, shell: Shell) -> None:
        assert "/welcome/#" in shell("init", "--email", "ada@example.com").out


class TestPeopleTokensAndDevices:
    def test_a_person_is_made_listed_and_reset(self, installed: Shell) -> None:
        made = installed("user", "create", "bob@example.com", "--name", "Bob", "--role", "viewer", "--json").json
        assert (made["email"], made["role"]["name"]) == ("bob@example.com", "Viewer")
        assert "bob@example.com" in installed("user", "list").out
        assert "/welcome/#" in installed("user", "reset", "bob@example.com").out

    def test_unknown_names_are_said_with_what_there_is(self, installed: Shell) -> None:
        said = installed("user", "create", "bob@example.com", "--name", "Bob", "--role", "Nobody")
        assert (said.code, "Technician" in said.err) == (ExitCode.NOT_FOUND, True)
        assert installed("device", "show", "NOWHERE").code == ExitCode.NOT_FOUND
        assert installed("user", "reset", "eve@example.com").code == ExitCode.NOT_FOUND

    def test_a_token_is_shown_once_and_revoked_by_name(self, installed: Shell) -> None:
        made = installed("token", "create", "lab", "--max-uses", "3", "--tag", "lab", "--json").json
        assert made["token"].startswith("dfe_")
        assert made["auto_approve"] is False
        listed = installed("token", "list", "--json").json["items"]
        assert [one["name"] for one in listed] == ["lab"]
        assert "token" not in listed[0]
        assert installed("token", "revoke", "lab").code == 0
        assert installed("token", "list", "--json").json["items"][0]["state"] == "revoked"

    def test_who_did_it_is_on_the_trail(self, installed: Shell) -> None:
        installed("token", "create", "lab")
        rows = installed.rows("SELECT actor_type, actor_name FROM audit_events")
        assert ("system", True) in {(actor, name.endswith("at the command line")) for actor, name in rows}

    def test_wrong_usage_is_told_from_failure(self, installed: Shell) -> None:
        assert installed("token", "create").code == ExitCode.USAGE
        assert installed("script", "run", "--device", "x").code == ExitCode.USAGE
        assert installed("token", "create", "x", "--network", "everywhere").code == ExitCode.USAGE


class TestElsewhere:
    def test_a_server_that_is_not_there(self, shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("DEPLOYFLOW_API_KEY", "dfk_x")
        said = shell("device", "list", "--server", "http://127.0.0.1:9")
        assert said.code == ExitCode.UNAVAILABLE
        assert "http://127.0.0.1:9 does not answer" in said.err

    def test_a_server_without_a_key(self, shell: Shell) -> None:
        said = shell("device", "list", "--server", "http://127.0.0.1:9")
        assert (said.code, "DEPLOYFLOW_API_KEY" in said.err) == (ExitCode.USAGE, True)


class TestDoctorAndAudit:
    def test_a_sound_installation_is_well(self, installed: Shell) -> None:
        said = installed("doctor", "--json")
        assert said.code == 0, said.out
        assert {"database", "migrations", "disk", "keys"} <= {one["name"] for one in said.json["checks"]}

    def test_a_boot_environment_for_another_key_is_said(self, installed: Shell) -> None:
        assert found(installed, "boot environment")["verdict"] == "warning"
        environment = installed.data / "boot" / "0123456789abcdef"
        environment.mkdir(parents=True)
        own = hashlib.sha256(public_pem(load_or_make(installed.data / "keys"))).hexdigest()
        for pinned, verdict in ((own, "ok"), ("0" * 64, "warning")):
            said = {"kind": "linux", "server_key_sha256": pinned, "files": {}}
            (environment / "manifest.json").write_text(json.dumps(said))
            assert found(installed, "boot environment")["verdict"] == verdict, pinned

    def test_a_broken_boot_key_is_said_in_a_line(self, installed: Shell) -> None:
        (installed.data / "keys" / "boot").write_text("something else")
        said = installed("doctor")
        assert said.code == ExitCode.FAILED
        assert "holds no P-256 key in PEM" in said.out

    def test_a_sound_trail_is_verified(self, installed: Shell) -> None:
        assert installed("audit", "verify", "--json").json[0]["fault"] is None


class TestBackup:
    def test_the_key_is_not_in_it(self, installed: Shell, tmp_path: Path) -> None:
        file = tmp_path / "fleet.backup"
        installed("backup", file)
        key = (installed.data / "keys" / "kek").read_bytes()
        assert key not in file.read_bytes()

    def test_another_key_is_noticed(self, installed: Shell, tmp_path: Path) -> None:
        file = tmp_path / "fleet.backup"
        installed("backup", file)
        (installed.data / "keys" / "kek").write_bytes(b"k" * 32)
        said = installed("restore", file)
        assert said.code == ExitCode.REFUSED
        assert "another one" in said.err

    def test_a_file_is_not_overwritten(self, installed: Shell, tmp_path: Path) -> None:
        file = tmp_path / "fleet.backup"
        file.write_text("precious")
        assert installed("backup", file).code == ExitCode.REFUSED
        assert file.read_text() == "precious"


class TestBesideARunningServer:
    def test_the_server_hears_of_it_and_simulated_agents_do_their_work(self, installed: Shell) -> None:
        with ServerProcess(data_dir=installed.data, database_url=installed.database_url) as server:
            said = installed("simulate", "5", "--url", server.url, "--seconds", "1", "--json")
            assert said.code == 0, said.err
            found = said.json
            assert (found["held"], found["failures"], found["lost"]) == (5, 0, {})
            # Without a word to the server the actions would wait for the next check-in, up to 50 s.
            assert found["order_to_agent_p99_ms"] < 20_000
            assert {one["status"] for one in installed("action", "list", "--json").json["items"]} == {"succeeded"}
            assert len(installed("device", "list", "--json").json["items"]) == 5
