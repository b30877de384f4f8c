"""What can be wrong around a server: each gives one clear answer, and nothing that was acknowledged is lost."""

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

from support.agent import AgentProcess
from support.console import ENDED, Console, NotAccepted
from support.disks import small_disk
from support.installation import Installation
from support.postgres import Cluster
from support.scripts import Trace, broken_rules
from support.waiting import until
from tests.support.server import ServerProcess, free_port

UNAVAILABLE = 4
SERVER = Path(__file__).resolve().parents[2] / "server"


def refused_start(data_dir: Path, **settings: str) -> tuple[int, str]:
    """Exit code and last line of a server that cannot start."""
    done = subprocess.run(
        [sys.executable, "-m", "deployflow", "serve", "--port", str(free_port())],
        cwd=SERVER,
        env={
            "PATH": "/usr/bin:/bin",
            "DEPLOYFLOW_DATA_DIR": str(data_dir),
            **{f"DEPLOYFLOW_{name.upper()}": value for name, value in settings.items()},
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stderr.strip().splitlines()[-1]


def refusal(console: Console, name: str) -> dict[str, object]:
    """The problem document of a write that cannot be kept."""
    answer = console.http.post("/api/v1/enrollment-tokens", json=a_token(name))
    assert answer.status_code == 503, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert int(answer.headers["retry-after"]) > 0
    problem: dict[str, object] = answer.json()
    assert problem["code"] == "unavailable"
    return problem


def a_token(name: str) -> dict[str, object]:
    return {"name": name, "description": "a page of text" * 100}


def failed_checks(ready: httpx2.Response) -> set[str]:
    return {check["name"] for check in ready.json()["checks"] if check["status"] == "failed"}


def names(console: Console) -> set[str]:
    """Of the tokens that the tests here made, beside those for their agents."""
    return {token["name"] for token in console.all("/enrollment-tokens")} - {"chaos"}


class TestAFullDisk:
    def test_the_first_start_says_so_and_works_when_there_is_room(self, tmp_path: Path) -> None:
        with small_disk(tmp_path / "disk", megabytes=1) as disk:
            disk.fill()
            code, line = refused_start(disk.path)
            assert code == UNAVAILABLE
            assert "is full" in line
            assert "free some space" in line

    def test_a_start_that_fills_the_disk_half_way_leaves_nothing_broken(self, tmp_path: Path) -> None:
        with small_disk(tmp_path / "disk", megabytes=96) as disk:
            disk.fill()
            ballast = disk.path / "ballast"
            # Room for the keys and the beginning of a database; each start gets a little further.
            for _ in range(4):
                with ballast.open("r+b") as file:
                    file.truncate(ballast.stat().st_size - 96 * 1024)
                code, line = refused_start(disk.path)
                assert code == UNAVAILABLE, line
                assert "is full" in line
            disk.make_room()
            with ServerProcess(data_dir=disk.path) as server, Console.of_new_installation(server) as console:
                assert len(list(console.devices())) == 0

    def test_while_it_is_full_writes_are_refused_reads_work_and_it_goes_on_when_there_is_room(
        self, tmp_path: Path
    ) -> None:
        with small_disk(tmp_path / "disk", megabytes=96) as disk:
            with ServerProcess(data_dir=disk.path) as server, Console.of_new_installation(server) as console:
                trace = Trace(tmp_path / "trace")
                agent = AgentProcess(tmp_path / "agent")
                device_id = agent.enroll(server.url, console.token())
                with agent:
                    console.call("POST", "/enrollment-tokens", a_token("before"))
                    orders = {0: console.run_script([device_id], trace.script(0, seconds=3))[0]}
                    until("it runs", lambda: console.action(orders[0])["status"] == "running")
                    disk.fill()
                    kept: set[str] = {"before"}
                    # What still fits into the pages of the log is taken, the rest is refused: until one is.
                    for number in range(2000):
                        try:
                            console.call("POST", "/enrollment-tokens", a_token(f"full {number}"))
                        except NotAccepted as refused:
                            if refused.status == 503:
                                break
                            raise
                        kept.add(f"full {number}")
                    assert "disk" in str(refusal(console, "refused")["detail"])
                    until("the script has ended", lambda: trace.counts()[1][0] == 1)
                    ready = httpx2.get(server.url + "/readyz")
                    assert ready.status_code == 503
                    assert {check["name"] for check in ready.json()["checks"] if check["status"] == "failed"} == {
                        "disk"
                    }
                    assert console.device(device_id)["hostname"]
                    disk.make_room()
                    console.call("POST", "/enrollment-tokens", a_token("after"))
                    until("the result arrives", lambda: console.action(orders[0])["status"] in ENDED, within_s=120)
                    assert broken_rules(console, trace, orders) == []
                    assert names(console) == kept | {"after"}
            with sqlite3.connect(disk.path / "deployflow.db") as database:
                assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Another process's exclusive lock."""
    holder = sqlite3.connect(file, isolation_level=None)
    try:
        holder.execute("BEGIN EXCLUSIVE")
        yield
        holder.execute("ROLLBACK")
    finally:
        holder.close()


class TestALockedDatabase:
    def test_writes_are_refused_reads_work_and_it_goes_on_when_the_lock_is_gone(
        self, installation: Installation
    ) -> None:
        console, server = installation.console, installation.server
        console.call("POST", "/enrollment-tokens", a_token("before"))
        there = names(console)
        with locked(server.data_dir / "deployflow.db"):
            assert "locked" in str(refusal(console, "refused")["detail"])
            assert names(console) == there
        console.call("POST", "/enrollment-tokens", a_token("after"))
        assert names(console) == there | {"after"}

    def test_a_start_says_who_is_in_the_way(self, tmp_path: Path) -> None:
        with ServerProcess(data_dir=tmp_path) as server:
            server.stop()
        with locked(tmp_path / "deployflow.db"):
            code, line = refused_start(tmp_path)
        assert code == UNAVAILABLE
        assert "is locked by another process: stop that one first" in line

    def test_a_file_that_is_no_database_is_said_to_be_damaged(self, tmp_path: Path) -> None:
        (tmp_path / "deployflow.db").write_bytes(b"this is no database at all, but long enough for a header" * 100)
        code, line = refused_start(tmp_path)
        assert code == UNAVAILABLE
        assert "is damaged" in line
        assert "deployflow restore" in line


class TestPostgresqlGone:
    def test_a_start_says_how_it_failed(self, tmp_path: Path) -> None:
        url = f"postgresql+psycopg://df@/postgres?host={tmp_path}"
        code, line = refused_start(tmp_path, database_url=url)
        assert code == UNAVAILABLE
        assert "PostgreSQL cannot be used" in line
        assert "DEPLOYFLOW_DATABASE_URL" in line

    def test_while_it_is_gone_requests_are_refused_and_the_agent_keeps_its_results(self, tmp_path: Path) -> None:
        trace = Trace(tmp_path / "trace")
        with (
            Cluster() as cluster,
            ServerProcess(data_dir=tmp_path / "server", database_url=cluster.url) as server,
            Console.of_new_installation(server) as console,
        ):
            agent = AgentProcess(tmp_path / "agent")
            device_id = agent.enroll(server.url, console.token())
            with agent:
                orders = {0: console.run_script([device_id], trace.script(0, seconds=2))[0]}
                until("it runs", lambda: console.action(orders[0])["status"] == "running")
                cluster.stop()
                assert "database" in str(refusal(console, "refused")["detail"])
                assert httpx2.get(server.url + "/healthz").status_code == 200
                ready = httpx2.get(server.url + "/readyz")
                assert ready.status_code == 503
                assert "database" in failed_checks(ready)
                until("the script has ended", lambda: trace.counts()[1][0] == 1)
                cluster.start()
                until("it is ready again", lambda: httpx2.get(server.url + "/readyz").status_code == 200)
                console.call("POST", "/enrollment-tokens", a_token("after"))
                until("the result arrives", lambda: console.action(orders[0])["status"] in ENDED, within_s=150)
                assert broken_rules(console, trace, orders) == []
                assert names(console) == {"after"}


class TestRequests:
    """Over a real socket; the shapes of all routes are unit tests."""

    @pytest.mark.parametrize(
        ("body", "status", "code"),
        [
            (b"x" * (3 * 1024 * 1024), 413, "body_too_large"),
            (b'{"name": ', 400, "bad_request"),
            (b"[" * 5000, 400, "bad_request"),
            (b'{"name": "a", "colour": "red"}', 422, "invalid"),
        ],
        ids=["too large", "invalid", "too deep", "unknown field"],
    )
    def test_a_body_that_cannot_be_used(self, installation: Installation, body: bytes, status: int, code: str) -> None:
        there = names(installation.console)
        answer = installation.console.http.post(
            "/api/v1/enrollment-tokens", content=body, headers={"Content-Type": "application/json"}
        )
        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert answer.headers["content-type"] == "application/problem+json"
        assert len(answer.json()["detail"]) < 300
        assert names(installation.console) == there
