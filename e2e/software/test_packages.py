"""A Debian package from the upload to a real machine and off it again: this one, by a package that is there for it."""

import base64
import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from support.agent import AgentProcess
from support.console import ENDED, Console
from support.disks import small_disk
from support.installation import Installation
from support.waiting import until
from tests.factories.software import deb

PACKAGE = f"deployflow-e2e-{os.getpid()}"
TUS = {"Tus-Resumable": "1.0.0"}
CHUNK = {**TUS, "Content-Type": "application/offset+octet-stream", "Upload-Offset": "0"}

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("dpkg-deb") is None,
    reason="needs root on Debian: a package is installed",
)


@pytest.fixture
def device(installation: Installation, tmp_path: Path) -> Iterator[str]:
    agent = AgentProcess(tmp_path / "agent")
    device_id = agent.enroll(installation.server.url, installation.console.token())
    with agent:
        yield device_id


@pytest.fixture(autouse=True)
def _clean() -> Iterator[None]:
    yield
    subprocess.run(["dpkg", "--purge", PACKAGE], check=False, capture_output=True)


def installed() -> bool:
    said = subprocess.run(["dpkg-query", "-W", "-f=${Status}", PACKAGE], check=False, capture_output=True, text=True)
    return said.stdout == "install ok installed"


def bring(console: Console, content: bytes, name: str) -> dict[str, Any]:
    """Upload a file as a browser does, and wait until it was read."""
    said = {"purpose": "software", "filename": name}
    pairs = [f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in said.items()]
    headers = {**TUS, "Upload-Length": str(len(content)), "Upload-Metadata": ",".join(pairs)}
    made = console.http.post("/api/v1/uploads", headers=headers)
    assert made.status_code == 201, made.text
    upload_id = made.json()["id"]
    sent = console.http.patch(f"/api/v1/uploads/{upload_id}", content=content, headers=CHUNK)
    assert sent.status_code == 204, sent.text
    body = {"upload_id": upload_id, "sha256": hashlib.sha256(content).hexdigest()}
    installer_id = console.call("POST", "/software-installers", body)["id"]
    found: dict[str, Any] = {}

    def is_read() -> bool:
        found.update(console.call("GET", f"/software-installers/{installer_id}"))
        return found["state"] != "importing"

    until("the installer is read", is_read, within_s=120)
    assert found["state"] == "ready", found
    return found


def keep(console: Console, read: dict[str, Any], **changes: Any) -> str:
    facts = read["facts"]
    named = ("software_version", "os_family", "install_command", "uninstall_command", "detection", "inventory_name")
    definition = {**{name: facts[name] for name in named}, "installer_id": read["id"], **changes}
    made = console.call(
        "POST", "/software", {"name": facts["name"] + changes.get("note", ""), "definition": definition}
    )
    software_id: str = made["id"]
    return software_id


def order(console: Console, device_id: str, kind: str, software_id: str) -> dict[str, Any]:
    """Have it done; gives the action at its end."""
    body = {"device_ids": [device_id], "kind": kind, "payload": {"software_id": software_id}}
    action_id = console.call("POST", "/actions", body)["items"][0]["id"]
    until("the action ends", lambda: console.action(action_id)["status"] in ENDED, within_s=300)
    return console.action(action_id)


def standing(console: Console, device_id: str, software_id: str) -> dict[str, Any]:
    items = console.call("GET", f"/devices/{device_id}/software")["items"]
    found: dict[str, Any] = next(one for one in items if one["software_id"] == software_id)
    return found


def test_a_package_is_uploaded_installed_found_and_removed(installation: Installation, device: str) -> None:
    console = installation.console
    read = bring(console, deb(package=PACKAGE, version="1.4-2"), "tool.deb")
    software_id = keep(console, read)

    done = order(console, device, "install_software", software_id)
    assert done["status"] == "succeeded", (done, console.log_of(done["id"]))
    assert installed()
    assert Path(f"/usr/share/{PACKAGE}/readme").exists()
    assert standing(console, device, software_id).items() >= {"state": "installed", "found_version": "1.4-2"}.items()

    again = order(console, device, "install_software", software_id)
    assert again["result"]["software"][0]["outcome"] == "already_installed"
    assert any("installed already" in chunk["text"] for chunk in console.log_of(again["id"]))

    gone = order(console, device, "uninstall_software", software_id)
    assert gone["status"] == "succeeded", (gone, console.log_of(gone["id"]))
    assert not installed()
    assert standing(console, device, software_id)["state"] == "missing"
    where = console.call("GET", f"/software/{software_id}")["devices"]
    assert (where["installed"], where["missing"], where["failed"]) == (0, 1, 0)


def test_a_disk_without_room_says_so_and_nothing_is_left(installation: Installation, tmp_path: Path) -> None:
    console = installation.console
    software_id = keep(console, bring(console, deb(package=PACKAGE, version="3"), "large.deb"), note=" on a small disk")
    with small_disk(tmp_path / "disk", megabytes=16) as disk:
        agent = AgentProcess(tmp_path / "agent")
        agent.data = disk.path / "data"
        device_id = agent.enroll(installation.server.url, console.token())
        with agent:
            done = order(console, device_id, "install_software", software_id)
            assert (done["status"], done["error"]["code"]) == ("failed", "disk_full")
            assert "MiB of free space" in done["error"]["message"]
            assert not list((agent.data / "installers").iterdir())
    assert not installed()


def test_a_package_that_fails_says_why(installation: Installation, device: str) -> None:
    console = installation.console
    content = deb(package=PACKAGE, version="2", script="#!/bin/sh\necho no licence here >&2\nexit 3\n")
    software_id = keep(console, bring(console, content, "broken.deb"), note=" broken")
    done = order(console, device, "install_software", software_id)
    assert (done["status"], done["error"]["code"]) == ("failed", "non_zero_exit")
    assert any("no licence here" in chunk["text"] for chunk in console.log_of(done["id"]))
    assert standing(console, device, software_id)["error_code"] == "non_zero_exit"
