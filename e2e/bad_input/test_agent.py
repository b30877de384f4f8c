"""What can be wrong around an agent: each gives one line that says what to do, and the right exit code."""

import json
import subprocess
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from support.agent import AgentProcess
from support.console import ENDED, NotAccepted
from support.disks import small_disk
from support.faults import FaultProxy
from support.installation import Installation
from support.scripts import Trace, broken_rules
from support.waiting import until
from tests.support.server import free_port

FAILURE, USAGE, REFUSED, UNREACHABLE, NOT_ENROLLED, ALREADY_RUNNING, UNHEALTHY = 1, 2, 3, 4, 5, 7, 8
TEN_YEARS_S = 10 * 365 * 86_400


def the_line(done: subprocess.CompletedProcess[str]) -> str:
    """The one line it said on standard error."""
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, f"not one line: {done.stderr!r}"
    assert done.stdout == ""
    return lines[0]


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[AgentProcess]:
    made = AgentProcess(tmp_path / "agent")
    yield made
    made.kill()


@pytest.fixture
def other_server() -> Iterator[str]:
    """A web server that is no DeployFlow: `/moved` redirects, everything else is a page."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            page = b"<h1>Welcome to nginx!</h1>"
            self.send_response(404)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(page)))
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, *_words: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join(10)


class TestTheAddress:
    def test_a_server_that_is_not_there(self, agent: AgentProcess) -> None:
        url = f"http://127.0.0.1:{free_port()}"
        done = agent.command("enroll", "--server", url, "--token", "dfe_x")
        assert done.returncode == UNREACHABLE
        line = the_line(done)
        assert url in line
        assert "Check the address" in line

    def test_a_name_that_does_not_exist(self, agent: AgentProcess) -> None:
        done = agent.command("enroll", "--server", "https://fleet.invalid", "--token", "dfe_x")
        assert done.returncode == UNREACHABLE
        assert "fleet.invalid" in the_line(done)

    @pytest.mark.parametrize("url", ["fleet.example.com", "ftp://fleet.example.com", "https://"])
    def test_what_is_no_address(self, agent: AgentProcess, url: str) -> None:
        done = agent.command("enroll", "--server", url, "--token", "dfe_x")
        assert done.returncode == USAGE
        assert "such as https://fleet.example.com" in the_line(done)

    def test_a_web_server_that_is_something_else(self, agent: AgentProcess, other_server: str) -> None:
        done = agent.command("enroll", "--server", other_server, "--token", "dfe_x")
        assert done.returncode == UNREACHABLE
        line = the_line(done)
        assert "404" in line
        assert "Check the address" in line

    def test_plain_http_to_another_machine(self, agent: AgentProcess) -> None:
        done = agent.command("enroll", "--server", "http://fleet.example.com", "--token", "dfe_x")
        assert done.returncode == USAGE
        assert "use https" in the_line(done)

    def test_an_agent_that_is_not_enrolled(self, agent: AgentProcess) -> None:
        for command in ("run", "status"):
            done = agent.command(command)
            assert done.returncode == NOT_ENROLLED
            assert "deployflow-agent enroll --server" in the_line(done)

    def test_a_second_agent_in_the_same_folder(self, agent: AgentProcess, installation: Installation) -> None:
        agent.enroll(installation.server.url, installation.console.token())
        with agent:
            until("it checks in", lambda: agent.status().get("last_check_in"))
            second = agent.command("run")
            assert second.returncode == ALREADY_RUNNING
            assert "stop it first" in the_line(second)
            assert agent.is_running()


class TestTheToken:
    def test_no_token(self, agent: AgentProcess) -> None:
        done = agent.command("enroll", "--server", "https://fleet.example.com")
        assert done.returncode == USAGE
        assert "--token" in the_line(done)

    def test_an_unknown_token(self, agent: AgentProcess, installation: Installation) -> None:
        done = agent.command("enroll", "--server", installation.server.url, "--token", "dfe_" + "x" * 43)
        assert done.returncode == REFUSED
        assert the_line(done).endswith("(token_invalid)")

    def test_a_used_up_token(self, agent: AgentProcess, installation: Installation, tmp_path: Path) -> None:
        token = installation.console.token(max_uses=1)
        first = AgentProcess(tmp_path / "first")
        first.enroll(installation.server.url, token)
        done = agent.command("enroll", "--server", installation.server.url, "--token", token)
        assert done.returncode == REFUSED
        line = the_line(done)
        assert line.endswith("(token_used_up)")
        assert "make a new one" in line

    def test_a_revoked_token(self, agent: AgentProcess, installation: Installation) -> None:
        made = installation.console.call("POST", "/enrollment-tokens", {"name": "gone"})
        installation.console.call("DELETE", f"/enrollment-tokens/{made['id']}", version=made["version"])
        done = agent.command("enroll", "--server", installation.server.url, "--token", made["token"])
        assert done.returncode == REFUSED
        assert the_line(done).endswith("(token_revoked)")

    def test_after_a_refusal_a_good_token_works(self, agent: AgentProcess, installation: Installation) -> None:
        agent.command("enroll", "--server", installation.server.url, "--token", "dfe_" + "x" * 43)
        agent.enroll(installation.server.url, installation.console.token())


class TestARevokedDevice:
    def test_it_says_so_runs_nothing_and_works_again_when_enrolled_anew(
        self, agent: AgentProcess, installation: Installation, tmp_path: Path
    ) -> None:
        console, trace = installation.console, Trace(tmp_path / "trace")
        device_id = agent.enroll(installation.server.url, console.token())
        with agent:
            until("it is online", lambda: console.device(device_id)["status"] == "online")
            console.call("POST", f"/devices/{device_id}/revoke")
            until("it says that it is revoked", lambda: agent.status().get("problem") == "device_revoked")
            assert agent.is_running(), "it idles and asks again now and then"
            with pytest.raises(NotAccepted, match="revoked"):
                console.run_script([device_id], trace.script(0))
            diagnosed = agent.command("diagnose")
            assert diagnosed.returncode == UNHEALTHY
            assert "was revoked in the console" in diagnosed.stdout
        # Revoked is final for this key: the machine comes back with a new one.
        token = console.token()
        again = agent.command("enroll", "--server", installation.server.url, "--token", token, "--force")
        assert again.returncode == 0, again.stderr
        device_id = json.loads((agent.data / "agent.json").read_text())["device_id"]
        with agent:
            orders = {0: console.run_script([device_id], trace.script(0))[0]}
            until("the action has ended", lambda: console.action(orders[0])["status"] in ENDED, within_s=150)
            assert broken_rules(console, trace, orders) == []


class TestTheClock:
    @pytest.mark.parametrize("shift_s", [-TEN_YEARS_S, TEN_YEARS_S, -360, 360])
    def test_a_wrong_clock_costs_one_request(
        self, installation: Installation, tmp_path: Path, shifted_clock: Path, shift_s: int
    ) -> None:
        console, trace = installation.console, Trace(tmp_path / "trace")
        with FaultProxy([installation.server.port]) as network:
            agent = AgentProcess(tmp_path / "agent", LD_PRELOAD=str(shifted_clock), CLOCK_SHIFT_S=str(shift_s))
            device_id = agent.enroll(network.url, console.token())
            assert network.lines == [
                "POST /agent/v1/enroll HTTP/1.1",
                "HTTP/1.1 401 Unauthorized",
                "POST /agent/v1/enroll HTTP/1.1",
                "HTTP/1.1 201 Created",
            ]
            with agent:
                orders = {0: console.run_script([device_id], trace.script(0))[0]}
                until("the action has ended", lambda: console.action(orders[0])["status"] in ENDED)
                assert broken_rules(console, trace, orders) == []
                assert console.action(orders[0])["status"] == "succeeded"
            # Each of its three kinds of call may meet the wrong clock once, before one of them has learned better.
            refused = [line for line in network.lines[4:] if " 401 " in line]
            assert 1 <= len(refused) <= 3
            enrolled_at = datetime.fromisoformat(console.device(device_id)["enrolled_at"])
            assert abs(datetime.fromtimestamp(time.time(), UTC) - enrolled_at) < timedelta(minutes=5), (
                "the server's own time counts"
            )


class TestAFullDisk:
    def test_enrolling_says_so_and_works_when_there_is_room(self, tmp_path: Path, installation: Installation) -> None:
        with small_disk(tmp_path / "disk", megabytes=1) as disk:
            agent = AgentProcess(tmp_path / "agent")
            agent.data = disk.path / "data"
            disk.fill()
            token = installation.console.token()
            done = agent.command("enroll", "--server", installation.server.url, "--token", token)
            assert done.returncode == FAILURE
            assert "disk" in the_line(done).lower() or "space" in the_line(done).lower()
            disk.make_room()
            agent.enroll(installation.server.url, token)

    def test_starting_says_so_and_works_when_there_is_room(self, tmp_path: Path, installation: Installation) -> None:
        with small_disk(tmp_path / "disk", megabytes=2) as disk:
            agent = AgentProcess(tmp_path / "agent")
            agent.data = disk.path / "data"
            device_id = agent.enroll(installation.server.url, installation.console.token())
            disk.fill()
            done = agent.command("run")
            assert done.returncode == FAILURE
            assert "disk" in the_line(done).lower() or "space" in the_line(done).lower()
            disk.make_room()
            with agent:
                until("it is online", lambda: installation.console.device(device_id)["status"] == "online")

    def test_no_action_starts_without_a_journal_and_no_result_is_lost(
        self, tmp_path: Path, installation: Installation
    ) -> None:
        console, trace = installation.console, Trace(tmp_path / "trace")
        with small_disk(tmp_path / "disk", megabytes=4) as disk:
            agent = AgentProcess(tmp_path / "agent")
            agent.data = disk.path / "data"
            device_id = agent.enroll(installation.server.url, console.token())
            with agent:
                running = console.run_script([device_id], trace.script(0, seconds=3, lines=1))[0]
                until("it runs", lambda: trace.counts()[0][0] == 1)
                disk.fill()
                refused = console.run_script([device_id], trace.script(1))[0]
                until("the script has ended", lambda: trace.counts()[1][0] == 1)
                until("the new one is refused", lambda: console.action(refused)["status"] in ENDED, within_s=120)
                assert console.action(refused)["error"]["code"] == "disk_full"
                assert trace.counts()[0][1] == 0, "it never started"
                time.sleep(2)
                assert agent.is_running()
                disk.make_room()
                until("the result arrives", lambda: console.action(running)["status"] in ENDED, within_s=120)
                ended = console.action(running)
                assert ended["status"] == "succeeded", "a full disk does not end what runs"
                text = "".join(chunk["text"] for chunk in console.log_of(running))
                assert ended["log_truncated"] or text == Trace.output(0, lines=1), "what is missing is marked as cut"
                afterwards = Trace(tmp_path / "afterwards")
                later = console.run_script([device_id], afterwards.script(2))[0]
                until("the next one ends", lambda: console.action(later)["status"] in ENDED, within_s=120)
                assert broken_rules(console, afterwards, {2: later}) == []
                assert max(trace.counts()[0].values()) == 1
