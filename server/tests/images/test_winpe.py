"""WinPE made of an imported ISO: what is in its boot.wim, and what machines are then served."""

import hashlib
import json
import re
import subprocess
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from httpx2 import AsyncClient

from deployflow.boot.environments import newest
from deployflow.boot.keys import BootKey
from deployflow.images import environments, service, winpe
from deployflow.platform.context import system_context
from deployflow.platform.settings import Settings
from deployflow.platform.storage import Content, content_store
from tests.factories import media
from tests.factories.drivers import NET, zipped
from tests.images.conftest import Library
from tests.support.clients import Clients
from tests.support.jobs import finish_jobs
from tests.support.uploading import upload

AGENT = b"MZ the agent's program" * 1000
SHA256 = hashlib.sha256(media.wimboot()).hexdigest()


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    """With an agent for Windows."""
    folder = tmp_path / "agents"
    folder.mkdir()
    with zipfile.ZipFile(folder / "deployflow-agent-win-x64.zip", "w") as archive:
        archive.writestr("deployflow-agent.exe", AGENT)
        archive.writestr("e_sqlite3.dll", b"MZ a library")
    return settings.model_copy(update={"agents_dir": folder})


@pytest.fixture
async def admin(clients: Clients) -> AsyncClient:
    return await clients.signed_in("images:read", "images:write", "boot:publish")


async def make(app: FastAPI, admin: AsyncClient, image: dict[str, Any], **body: Any) -> dict[str, Any]:
    answer = await admin.post("/api/v1/boot-environments", json={"image_id": image["id"], **body})
    assert answer.status_code == 201, answer.text
    await finish_jobs(app)
    made: dict[str, Any] = (await admin.get(f"/api/v1/boot-environments/{answer.json()['id']}")).json()
    return made


async def with_wimboot(app: FastAPI, admin: AsyncClient, image: dict[str, Any]) -> dict[str, Any]:
    upload_id = await upload(admin, media.wimboot())
    return await make(app, admin, image, wimboot_upload_id=upload_id, wimboot_sha256=SHA256)


def path_of(app: FastAPI, environment: dict[str, Any], name: str) -> Path:
    sha256 = next(one["sha256"] for one in environment["files"] if one["name"] == name)
    path: Path = app.state.runtime.part(content_store).path(sha256)
    return path


def unpacked(wim: Path, to: Path) -> Path:
    subprocess.run(["wimlib-imagex", "verify", str(wim)], check=True, capture_output=True)
    subprocess.run(["wimlib-imagex", "apply", str(wim), "1", str(to)], check=True, capture_output=True)
    return to


def described(wim: Path) -> dict[str, str]:
    said = subprocess.run(["wimlib-imagex", "info", str(wim)], check=True, capture_output=True, text=True).stdout
    return {line.split(":")[0].strip(): line.split(":")[1].strip() for line in said.splitlines() if ":" in line}


class TestMaking:
    async def test_boot_wim_holds_the_agent_the_key_and_the_start_up_files(
        self, app: FastAPI, library: Library, admin: AsyncClient, tmp_path: Path
    ) -> None:
        made = await with_wimboot(app, admin, await library.upload(media.make_iso(), image_version="23H2"))
        assert (made["state"], made["error_message"]) == ("ready", None)
        assert made["made_from"] == "Windows 11 23H2"
        root = unpacked(path_of(app, made, "boot.wim"), tmp_path / "pe")
        assert (root / "deployflow" / "deployflow-agent.exe").read_bytes() == AGENT
        assert (root / "deployflow" / "e_sqlite3.dll").exists()
        key = app.state.runtime.part(BootKey).public_pem
        assert (root / "deployflow" / "server.pem").read_bytes() == key
        start = (root / "deployflow" / "start.cmd").read_bytes()
        assert b"deploy --boot-file" in start
        assert start.count(b"\n") == start.count(b"\r\n")
        launched = (root / "Windows" / "System32" / "winpeshl.ini").read_text()
        assert "[LaunchApps]" in launched
        assert "\\deployflow\\start.cmd" in launched
        # All else is as it came.
        assert (root / "Windows" / "System32" / "cmd.exe").read_bytes() == (
            media.windows_tree() / "Windows" / "System32" / "cmd.exe"
        ).read_bytes()

    async def test_it_starts_with_its_only_image(self, app: FastAPI, library: Library, admin: AsyncClient) -> None:
        made = await with_wimboot(app, admin, await library.upload(media.make_iso()))
        facts = described(path_of(app, made, "boot.wim"))
        assert (facts["Image Count"], facts["Boot Index"], facts["Name"]) == ("1", "1", "Microsoft Windows PE (x64)")

    async def test_what_machines_fetch_is_served_as_it_is_listed(
        self, app: FastAPI, library: Library, admin: AsyncClient, clients: Clients
    ) -> None:
        made = await with_wimboot(app, admin, await library.upload(media.make_iso()))
        machine = clients.anonymous()
        assert {one["name"] for one in made["files"]} == {"wimboot", "boot.wim", "boot.sdi", "BCD", "winpeshl.ini"}
        for file in made["files"]:
            answer = await machine.get(f"/boot/v1/environments/{made['id']}/{file['name']}")
            assert answer.status_code == 200
            assert hashlib.sha256(answer.content).hexdigest() == file["sha256"]
            assert answer.headers["etag"] == f'"{file["sha256"]}"'
        assert app.state.runtime.settings.keys_dir.name not in json.dumps(made)

    async def test_drivers_lie_in_it_for_when_it_starts(
        self, app: FastAPI, library: Library, clients: Clients, tmp_path: Path
    ) -> None:
        owner = await clients.signed_in(built_in="owner")
        upload_id = await upload(owner, zipped({"net/e1d.inf": NET, "net/e1d.sys": b"a driver"}), purpose="driver_pack")
        pack = (await owner.post("/api/v1/driver-packs", json={"name": "Net", "upload_id": upload_id})).json()
        image = await library.upload(media.make_iso())
        wimboot = {"wimboot_upload_id": await upload(owner, media.wimboot()), "wimboot_sha256": SHA256}
        made = await make(app, owner, image, driver_pack_ids=[pack["id"]], **wimboot)
        assert (made["state"], made["driver_packs"]) == ("ready", ["Net"])
        root = unpacked(path_of(app, made, "boot.wim"), tmp_path / "pe")
        assert (root / "deployflow" / "drivers" / "0" / "net" / "e1d.inf").read_text() == NET
        assert b"drvload" in (root / "deployflow" / "start.cmd").read_bytes()

    async def test_wimboot_is_given_once(self, app: FastAPI, library: Library, admin: AsyncClient) -> None:
        image = await library.upload(media.make_iso())
        assert (await admin.get("/api/v1/boot-environments")).json()["wimboot"] is None
        first = await with_wimboot(app, admin, image)
        second = await make(app, admin, image, name="Once more")
        assert (second["state"], second["name"]) == ("ready", "Once more")
        assert path_of(app, second, "wimboot") == path_of(app, first, "wimboot")
        assert (await admin.get("/api/v1/boot-environments")).json()["wimboot"]["sha256"] == SHA256

    async def test_a_server_that_lacks_it_publishes_it_again(
        self,
        app: FastAPI,
        library: Library,
        admin: AsyncClient,
        clients: Clients,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        image = await library.upload(media.make_iso())
        older, newer = await with_wimboot(app, admin, image), await make(app, admin, image, name="Newer")
        runtime = app.state.runtime
        environments.withdraw(runtime, older["id"])
        environments.withdraw(runtime, newer["id"])
        assert await environments.publish_missing(runtime) == 0, "whoever makes it may still be at it"
        monkeypatch.setattr(environments, "SETTLED", timedelta(0))
        assert await environments.publish_missing(runtime) == 2
        assert await environments.publish_missing(runtime) == 0
        served = await clients.anonymous().get(f"/boot/v1/environments/{newer['id']}/boot.wim")
        assert served.status_code == 200
        started = newest(runtime.settings, "winpe")
        assert started is not None
        assert started.id == newer["id"]

        environments.withdraw(runtime, older["id"])
        path_of(app, older, "wimboot").unlink()
        assert await environments.publish_missing(runtime) == 0, "not without all its files"

    async def test_it_is_gone_when_it_is_deleted(
        self, app: FastAPI, library: Library, admin: AsyncClient, clients: Clients
    ) -> None:
        made = await with_wimboot(app, admin, await library.upload(media.make_iso()))
        at = f"/api/v1/boot-environments/{made['id']}"
        assert (await admin.delete(at, headers={"If-Match": "*"})).status_code == 204
        assert (await clients.anonymous().get(f"/boot/v1/environments/{made['id']}/boot.wim")).status_code == 404
        assert (await admin.get(at)).status_code == 404


def test_winpe_starts_the_agent_with_options_that_it_knows() -> None:
    repository = Path(__file__).parents[3]
    tree = (repository / "agent/src/DeployFlow.Agent/Commands/CommandTree.cs").read_text("utf-8")
    line = next(one for one in (winpe.HERE / "start.cmd").read_text().splitlines() if "deployflow-agent.exe" in one)
    options = re.findall(r"--[a-z-]+", line)
    assert options == ["--boot-file", "--boot-key", "--log"]
    assert [option for option in options if f'"{option}"' not in tree] == []


class TestRefusals:
    async def test_without_wimboot_it_says_where_to_get_it(self, library: Library, admin: AsyncClient) -> None:
        image = await library.upload(media.make_iso())
        answer = await admin.post("/api/v1/boot-environments", json={"image_id": image["id"]})
        assert (answer.status_code, answer.json()["code"]) == (409, "wimboot_missing")
        assert "https://ipxe.org/wimboot" in answer.json()["detail"]

    @pytest.mark.parametrize("content", [b"MZ but nothing else" * 100, b"#!/bin/sh\n" * 100])
    async def test_another_file_is_not_wimboot(self, library: Library, admin: AsyncClient, content: bytes) -> None:
        image = await library.upload(media.make_iso())
        body = {
            "image_id": image["id"],
            "wimboot_upload_id": await upload(admin, content),
            "wimboot_sha256": hashlib.sha256(content).hexdigest(),
        }
        answer = await admin.post("/api/v1/boot-environments", json=body)
        assert (answer.status_code, answer.json()["code"]) == (422, "wimboot_wrong")

    async def test_a_wimboot_with_another_hash_is_refused(self, library: Library, admin: AsyncClient) -> None:
        image = await library.upload(media.make_iso())
        upload_id = await upload(admin, media.wimboot())
        body = {"image_id": image["id"], "wimboot_upload_id": upload_id, "wimboot_sha256": "0" * 64}
        answer = await admin.post("/api/v1/boot-environments", json=body)
        assert (answer.status_code, answer.json()["code"]) == (422, "wimboot_wrong")
        assert SHA256 in answer.json()["detail"]

    async def test_an_image_of_a_wim_brings_nothing_to_boot(self, library: Library, admin: AsyncClient) -> None:
        image = await library.upload(media.make_wim())
        answer = await admin.post("/api/v1/boot-environments", json={"image_id": image["id"]})
        assert (answer.status_code, answer.json()["code"]) == (409, "boot_files_missing")

    async def test_a_damaged_boot_wim_says_so(self, app: FastAPI, library: Library, admin: AsyncClient) -> None:
        image = await library.upload(media.make_iso())
        boot_wim = next(one["sha256"] for one in image["boot_files"] if one["name"] == "boot.wim")
        file = app.state.runtime.part(content_store).path(boot_wim)
        content = bytearray(file.read_bytes())
        content[-2000:] = bytes(2000)
        file.write_bytes(content)
        made = await with_wimboot(app, admin, image)
        assert (made["state"], made["error_code"]) == ("failed", "image_damaged")

    async def test_who_may_change_images_may_not_change_what_everybody_boots(
        self, library: Library, clients: Clients
    ) -> None:
        image = await library.upload(media.make_iso())
        administrator = await clients.signed_in(built_in="administrator")
        answer = await administrator.post("/api/v1/boot-environments", json={"image_id": image["id"]})
        assert (answer.status_code, answer.json()["code"]) == (403, "permission_missing")


async def test_an_environment_built_elsewhere_is_listed(app: FastAPI, admin: AsyncClient) -> None:
    store = app.state.runtime.part(content_store)
    with store.new_file() as file:
        file.write(b"a kernel")
        kernel: Content = file.keep()
    async with app.state.db.write(system_context()) as session:
        row = await service.add_boot_environment(
            session, kind="linux", name="Linux 6.1", files={"vmlinuz": kernel}, made_by="tests"
        )
    async with app.state.db.read(system_context()) as session:
        newest = await environments.newest(session, "linux")
    assert newest is not None
    assert newest.id == row.id
    listed = (await admin.get("/api/v1/boot-environments")).json()["items"]
    assert [(one["kind"], one["files"][0]["sha256"]) for one in listed] == [("linux", kernel.sha256)]
