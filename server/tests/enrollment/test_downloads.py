"""The install scripts and the agent's builds."""

import hashlib
import io
import os
import subprocess
import tarfile
import threading
from pathlib import Path

import httpx2
import pytest
import uvicorn

from deployflow.app.main import create_app
from deployflow.enrollment import install
from deployflow.platform.settings import Settings
from tests.support.server import free_port

SCRIPTS = Path(install.__file__).parent / "scripts"
# Stands for the agent: notes how it was called.
FAKE_AGENT = b"""#!/bin/sh
echo "$@" >> "$FAKE_AGENT_CALLS"
case $1 in
    status) [ -n "${FAKE_ENROLLED:-}" ] || exit 5 ;;
    enroll) echo "token=$DEPLOYFLOW_TOKEN" >> "$FAKE_AGENT_CALLS"; exit ${FAKE_ENROLL_CODE:-0} ;;
esac
"""


def archive() -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as tar:
        entry = tarfile.TarInfo("./deployflow-agent")
        entry.size, entry.mode = len(FAKE_AGENT), 0o755
        tar.addfile(entry, io.BytesIO(FAKE_AGENT))
    return made.getvalue()


@pytest.fixture
def agents(tmp_path: Path) -> Path:
    folder = tmp_path / "agents"
    folder.mkdir()
    (folder / install.FILES["linux-x64"]).write_bytes(archive())
    return folder


@pytest.fixture
async def client(settings: Settings, agents: Path) -> httpx2.AsyncClient:
    app = create_app(settings.model_copy(update={"agents_dir": agents}))
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://fleet.test:8480")


class TestDownloads:
    async def test_the_archive_has_a_strong_etag_and_its_checksum_beside_it(
        self, client: httpx2.AsyncClient, agents: Path
    ) -> None:
        answer = await client.get("/download/agent/linux-x64")
        wanted = hashlib.sha256((agents / install.FILES["linux-x64"]).read_bytes()).hexdigest()
        assert hashlib.sha256(answer.content).hexdigest() == wanted
        assert answer.headers["etag"] == f'"{wanted}"'
        assert (await client.get("/download/agent/linux-x64.sha256")).text == (
            f"{wanted}  deployflow-agent-linux-x64.tar.gz\n"
        )
        assert (await client.head("/download/agent/linux-x64")).headers["content-length"] == str(len(answer.content))

    async def test_a_download_that_broke_off_is_resumed(self, client: httpx2.AsyncClient, agents: Path) -> None:
        whole = (agents / install.FILES["linux-x64"]).read_bytes()
        etag = (await client.head("/download/agent/linux-x64")).headers["etag"]
        rest = await client.get("/download/agent/linux-x64", headers={"Range": "bytes=100-", "If-Range": etag})
        assert (rest.status_code, rest.content) == (206, whole[100:])
        other = await client.get("/download/agent/linux-x64", headers={"Range": "bytes=100-", "If-Range": '"old"'})
        assert (other.status_code, other.content) == (200, whole)

    async def test_a_build_that_is_not_there_says_how_to_make_it(self, client: httpx2.AsyncClient) -> None:
        for path in ("/download/agent/win-x64", "/download/agent/win-x64.sha256"):
            answer = await client.get(path)
            assert (answer.status_code, answer.json()["code"]) == (404, "agent_not_built")
            assert "make agent" in answer.json()["detail"]

    @pytest.mark.parametrize(
        "path", ["/download/agent/linux-arm", "/download/agent/..%2f..%2fetc%2fpasswd", "/download/agent/%2e%2e"]
    )
    async def test_no_other_file_is_served(self, client: httpx2.AsyncClient, path: str) -> None:
        assert (await client.get(path)).status_code in {404, 422}


class TestScripts:
    @pytest.mark.parametrize("name", ["install.sh", "install.ps1"])
    async def test_a_script_knows_the_server_it_came_from_and_no_secret(
        self, client: httpx2.AsyncClient, name: str
    ) -> None:
        text = (await client.get(f"/{name}")).text
        assert "http://fleet.test:8480" in text
        assert "@SERVER@" not in text

    @pytest.mark.parametrize("host", ["$(reboot)", "a;b", "a b", "`id`", "a'b", "", "a/b", "x" * 300])
    async def test_a_host_that_is_no_address_gets_into_no_script(self, client: httpx2.AsyncClient, host: str) -> None:
        for name in ("install.sh", "install.ps1"):
            answer = await client.get(f"/{name}", headers={"Host": host})
            assert (answer.status_code, answer.json()["code"]) == (400, "host_wrong")

    @pytest.mark.parametrize("host", ["fleet.test", "10.0.0.5:8480", "[::1]:8480", "FLEET"])
    async def test_addresses_of_all_kinds_do(self, client: httpx2.AsyncClient, host: str) -> None:
        answer = await client.get("/install.sh", headers={"Host": host})
        assert f"http://{host}/install.sh" in answer.text

    def test_the_shell_can_read_it(self) -> None:
        subprocess.run(["sh", "-n", SCRIPTS / "install.sh"], check=True)

    def test_powershell_on_old_systems_reads_plain_ascii(self) -> None:
        assert (SCRIPTS / "install.ps1").read_bytes().isascii()


class TestInstalling:
    """install.sh for real, from a server that listens, with a stand-in for the agent's program."""

    @pytest.fixture
    def server(self, settings: Settings, agents: Path) -> str:
        port = free_port()
        app = create_app(settings.model_copy(update={"agents_dir": agents}))
        running = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, lifespan="off", log_level="error"))
        thread = threading.Thread(target=running.run, daemon=True)
        thread.start()
        while not running.started:
            pass
        yield f"http://127.0.0.1:{port}"
        running.should_exit = True
        thread.join()

    def run(self, server: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["sh", "-c", f"curl -fsSL {server}/install.sh | sh"],
            check=False,
            capture_output=True,
            text=True,
            env={
                "PATH": os.environ["PATH"],
                "DEPLOYFLOW_PREFIX": str(folder / "opt"),
                "DEPLOYFLOW_DATA_DIR": str(folder / "data"),
                "DEPLOYFLOW_SERVICE": "no",
                "FAKE_AGENT_CALLS": str(folder / "calls"),
                **environment,
            },
        )

    def test_one_line_installs_and_enrolls(self, server: str, tmp_path: Path) -> None:
        done = self.run(server, tmp_path, DEPLOYFLOW_TOKEN="dfe_x_y")
        assert done.returncode == 0, done.stderr
        calls = (tmp_path / "calls").read_text().splitlines()
        assert calls == [
            f"status --data-dir {tmp_path}/data",
            f"enroll --server {server} --data-dir {tmp_path}/data --insecure-http",
            "token=dfe_x_y",
        ]
        assert f"{tmp_path}/opt/deployflow-agent run --data-dir {tmp_path}/data" in done.stdout
        assert os.access(tmp_path / "opt" / "deployflow-agent", os.X_OK)
        assert "dfe_x_y" not in done.stdout + done.stderr

    def test_an_enrolled_machine_is_updated_and_not_enrolled_again(self, server: str, tmp_path: Path) -> None:
        done = self.run(server, tmp_path, FAKE_ENROLLED="yes")
        assert done.returncode == 0, done.stderr
        assert "enroll --server" not in (tmp_path / "calls").read_text()

    def test_a_refused_token_is_the_exit_code(self, server: str, tmp_path: Path) -> None:
        assert self.run(server, tmp_path, DEPLOYFLOW_TOKEN="x", FAKE_ENROLL_CODE="3").returncode == 3

    def test_without_a_token_it_says_so(self, server: str, tmp_path: Path) -> None:
        done = self.run(server, tmp_path)
        assert done.returncode == 1
        assert "DEPLOYFLOW_TOKEN" in done.stderr

    def test_a_damaged_download_installs_nothing(self, server: str, tmp_path: Path, agents: Path) -> None:
        # The checksum is of another file than the one that is served.
        (agents / install.FILES["linux-x64"]).write_bytes(b"good")
        install.build(Settings(agents_dir=agents, data_dir=tmp_path), "linux-x64")
        stat = (agents / install.FILES["linux-x64"]).stat()
        (agents / install.FILES["linux-x64"]).write_bytes(b"evil")
        os.utime(agents / install.FILES["linux-x64"], ns=(stat.st_atime_ns, stat.st_mtime_ns))
        done = self.run(server, tmp_path, DEPLOYFLOW_TOKEN="x")
        assert done.returncode == 1
        assert "damaged" in done.stderr
        assert not (tmp_path / "opt").exists()

    def test_a_server_without_builds_is_one_line_that_says_make_agent(
        self, server: str, tmp_path: Path, agents: Path
    ) -> None:
        (agents / install.FILES["linux-x64"]).unlink()
        done = self.run(server, tmp_path, DEPLOYFLOW_TOKEN="x")
        assert done.returncode == 1
        assert "make agent" in done.stderr


@pytest.mark.parametrize("name", ["linux-x64.deb", "win-x64.msi"])
async def test_a_package_is_served_with_its_checksum(
    client: httpx2.AsyncClient, agents: Path, name: install.Download
) -> None:
    content = os.urandom(2000)
    (agents / install.FILES[name]).write_bytes(content)
    served = await client.get(f"/download/agent/{name}")
    assert (served.status_code, served.content) == (200, content)
    said = (await client.get(f"/download/agent/{name}.sha256")).text
    assert said == f"{hashlib.sha256(content).hexdigest()}  {install.FILES[name]}\n"
