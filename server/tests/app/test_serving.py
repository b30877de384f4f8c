"""The real process: how it starts, refuses, and stops."""

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from deployflow.app.failures import ExitCode
from tests.support.server import ServerProcess

# Of a test machine that does much else; the figure that counts is measured by `make bench`.
SECONDS_TO_STOP = 5


def serve(data_dir: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A start that is expected to fail."""
    return subprocess.run(
        [sys.executable, "-m", "deployflow", "serve", *arguments],
        env={"PATH": os.environ["PATH"], "DEPLOYFLOW_DATA_DIR": str(data_dir), **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def said(done: subprocess.CompletedProcess[str]) -> str:
    """The one line it said."""
    lines = [line for line in done.stderr.splitlines() if not line.startswith("{")]
    assert len(lines) == 1, done.stderr
    assert "Traceback" not in done.stderr
    return lines[0]


class TestAStartThatCannotWork:
    def test_a_port_in_use_is_named_with_the_way_out(self, tmp_path: Path) -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            done = serve(tmp_path, "--port", str(port))
        assert done.returncode == ExitCode.UNAVAILABLE
        assert said(done) == (
            f"deployflow: port {port} on 127.0.0.1 is in use: stop what listens there, or choose another with --port"
        )

    def test_an_address_that_is_not_ours_is_named(self, tmp_path: Path) -> None:
        done = serve(tmp_path, "--host", "192.0.2.1")
        assert done.returncode == ExitCode.UNAVAILABLE
        assert "192.0.2.1" in said(done)
        assert "--host" in said(done)

    def test_a_folder_that_cannot_be_written_to_is_named(self, tmp_path: Path) -> None:
        file = tmp_path / "file"
        file.write_text("")
        done = serve(file / "data")
        assert done.returncode == ExitCode.UNAVAILABLE
        assert f"{file / 'data'} cannot be written to" in said(done)
        assert "--data-dir" in said(done)

    @pytest.mark.parametrize(
        ("name", "value", "hint"),
        [
            ("DEPLOYFLOW_PORT", "many", "DEPLOYFLOW_PORT"),
            ("DEPLOYFLOW_DATABASE_URL", "mysql://localhost/x", "postgresql+psycopg://"),
            ("DEPLOYFLOW_PUBLIC_URL", "fleet.example.com", "https://fleet.example.com"),
            ("DEPLOYFLOW_PUBLIC_URL", "https://x$(id).example.com", "https://fleet.example.com"),
            ("DEPLOYFLOW_LOG_LEVEL", "loud", "DEPLOYFLOW_LOG_LEVEL"),
            ("DEPLOYFLOW_TRUSTED_PROXIES", "proxy.example.com", "no names"),
            ("DEPLOYFLOW_TRUSTED_PROXIES", "[10.0.0.1", "by commas"),
        ],
    )
    def test_a_wrong_setting_is_named(self, tmp_path: Path, name: str, value: str, hint: str) -> None:
        done = serve(tmp_path, **{name: value})
        assert done.returncode == ExitCode.USAGE
        assert name in said(done)
        assert hint in said(done)

    def test_a_file_of_settings_that_is_no_toml_is_named(self, tmp_path: Path) -> None:
        (tmp_path / "deployflow.toml").write_text("port = \n")
        done = serve(tmp_path)
        assert done.returncode == ExitCode.USAGE
        assert "deployflow.toml in the data folder cannot be read" in said(done)

    def test_a_newer_database_is_left_alone(self, tmp_path: Path) -> None:
        subprocess.run(
            [sys.executable, "-m", "deployflow", "init", "--data-dir", str(tmp_path)], check=True, capture_output=True
        )
        change_schema(tmp_path, "9999")
        done = serve(tmp_path, "--port", "0")
        assert done.returncode == ExitCode.UNAVAILABLE
        assert "made by a newer DeployFlow" in said(done)

    def test_a_second_server_on_one_sqlite_database_is_refused(self, tmp_path: Path) -> None:
        with ServerProcess(data_dir=tmp_path):
            done = serve(tmp_path, "--port", "0")
        assert done.returncode == ExitCode.REFUSED
        assert "a server runs on" in said(done)


class TestAStop:
    def test_it_ends_open_event_streams_and_says_success(self, tmp_path: Path) -> None:
        with ServerProcess(data_dir=tmp_path) as server:
            cookie = sign_in_first(server)
            with closing(HTTPConnection("127.0.0.1", server.port, timeout=30)) as stream:
                stream.request("GET", "/api/v1/events", headers={"Cookie": cookie})
                answer = stream.getresponse()
                assert answer.status == 200
                assert answer.readline().startswith(b"retry:")
                started = time.monotonic()
                assert server.stop() == 0
                assert time.monotonic() - started < SECONDS_TO_STOP
                # The stream was ended as HTTP says and not cut off: a cut one raises IncompleteRead here.
                answer.read()

    def test_what_was_begun_is_answered(self, tmp_path: Path) -> None:
        with ServerProcess(data_dir=tmp_path) as server:
            answers: list[int] = []

            def slow_sign_in() -> None:
                body = json.dumps({"email": "nobody@example.com", "password": "wrong password here"}).encode()
                request = Request(  # noqa: S310
                    f"{server.url}/api/v1/session", body, {"Content-Type": "application/json"}, method="POST"
                )
                try:
                    with urlopen(request, timeout=20) as answer:  # noqa: S310
                        answers.append(answer.status)
                except OSError as error:
                    answers.append(getattr(error, "code", 0))

            asking = threading.Thread(target=slow_sign_in)
            asking.start()
            time.sleep(0.05)
            assert server.process is not None
            server.process.send_signal(signal.SIGTERM)
            asking.join()
            assert answers == [401]
            assert server.process.wait(20) == 0


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with ServerProcess(data_dir=tmp_path_factory.mktemp("server")) as started:
        yield started


class TestTheConnection:
    @pytest.mark.parametrize(
        "request_head",
        [
            b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: " + b"a" * 40_000 + b"\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X-Many: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n" * 1000 + b"\r\n",
            b"GET /" + b"a" * 40_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        ],
        ids=["one long header", "many headers", "a long address"],
    )
    def test_endless_headers_are_refused(self, server: ServerProcess, request_head: bytes) -> None:
        assert raw(server.port, request_head).startswith(b"HTTP/1.1 431 ")

    def test_what_is_no_http_is_refused_and_the_server_lives_on(self, server: ServerProcess) -> None:
        assert raw(server.port, b"\x16\x03\x01 hello\r\n\r\n").startswith(b"HTTP/1.1 400 ")
        with urlopen(server.url + "/healthz", timeout=5) as answer:  # noqa: S310
            assert answer.status == 200

    def test_the_first_run_link_is_printed_until_it_was_used(self, server: ServerProcess) -> None:
        kept = server.data_dir / "setup-token"
        assert kept.stat().st_mode & 0o777 == 0o600
        assert server.first_run_token() == kept.read_text().strip()
        sign_in_first(server)
        assert not kept.exists()
        server.stop()
        server.start()
        assert "/setup/" not in server.output.read_text()


def raw(port: int, sent: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(sent)
        return connection.recv(4096)


def sign_in_first(server: ServerProcess) -> str:
    """Make the first administrator; gives their session cookie."""
    body = json.dumps(
        {
            "token": server.first_run_token(),
            "email": "admin@example.com",
            "name": "Admin",
            "password": "correct horse battery staple",
            "organisation": "Example",
        }
    ).encode()
    request = Request(  # noqa: S310
        f"{server.url}/api/v1/setup", body, {"Content-Type": "application/json", "Origin": server.url}, method="POST"
    )
    with urlopen(request, timeout=20) as answer:  # noqa: S310
        return str(answer.headers["Set-Cookie"]).split(";")[0]


def change_schema(data_dir: Path, revision: str) -> None:
    with closing(sqlite3.connect(data_dir / "deployflow.db")) as database:
        database.execute("UPDATE alembic_version SET version_num = ?", (revision,))
        database.commit()


class TestTheLog:
    def test_a_line_names_route_request_and_who_asked_by_id(self, server: ServerProcess) -> None:
        body = json.dumps({"token": "wrong", "email": "admin@example.com"})
        with closing(HTTPConnection("127.0.0.1", server.port, timeout=10)) as connection:
            connection.request("GET", "/api/v1/devices", headers={"X-Request-Id": "log-test-1234"})
            connection.getresponse().read()
            headers = {"X-Request-Id": "log-test-5678", "Content-Type": "application/json"}
            connection.request("POST", "/api/v1/setup", body, headers)
            connection.getresponse().read()
        read, posted = self._line(server, "log-test-1234"), self._line(server, "log-test-5678")
        assert (read["event"], read["route"], read["status"]) == ("request_answered", "/api/v1/devices", 401)
        assert "tenant_id" not in read
        assert "admin@example.com" not in json.dumps(posted)

    def _line(self, server: ServerProcess, request_id: str) -> dict[str, object]:
        """The line of a request, which is written a moment after its answer."""
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            for line in server.log_lines():
                if line.get("request_id") == request_id:
                    return line
            time.sleep(0.05)
        raise AssertionError(f"no line for {request_id}")
