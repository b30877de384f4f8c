"""Environments of `deployflow boot build`: listed in the console, served like the others."""

import json
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from httpx2 import AsyncClient

from deployflow.boot import environments as served
from deployflow.images import environments
from deployflow.platform.context import system_context
from tests.support.clients import Clients


def built(data: Path, *, kernel: bytes = b"a kernel") -> Path:
    """As `deployflow boot build` leaves it."""
    folder = data / "boot" / "0123456789abcdef"
    folder.mkdir(parents=True)
    files = {"vmlinuz": kernel, "initrd.img": b"a RAM disk"}
    for name, content in files.items():
        (folder / name).write_bytes(content)
    said: dict[str, Any] = {"id": folder.name, "kind": "linux", "kernel": "6.12.57+deb13-amd64", "suite": "trixie"}
    said |= {"server_key_sha256": "ab" * 32, "files": {name: {} for name in files}}
    (folder / "manifest.json").write_text(json.dumps(said))
    return folder


@pytest.fixture
async def admin(clients: Clients) -> AsyncClient:
    return await clients.signed_in("images:read", "boot:publish", "audit:read")


@pytest.fixture
def data(app: FastAPI) -> Path:
    folder: Path = app.state.runtime.settings.data_dir
    return folder


async def test_one_that_was_built_here_is_listed_and_served(app: FastAPI, admin: AsyncClient, data: Path) -> None:
    runtime = app.state.runtime
    folder = built(data)
    row = await environments.take_built(runtime, folder, made_by="root at a terminal")
    assert not folder.exists()
    (listed,) = (await admin.get("/api/v1/boot-environments")).json()["items"]
    assert (listed["id"], listed["state"], listed["made_by"]) == (str(row.id), "ready", "root at a terminal")
    assert listed["name"] == "Linux 6.12.57+deb13-amd64"
    assert [one["name"] for one in listed["files"]] == ["initrd.img", "vmlinuz"]
    found = served.newest(runtime.settings, "linux")
    assert found is not None
    assert found.id == str(row.id)
    assert served.pinned_key(found) == "ab" * 32
    answer = await admin.get(f"/boot/v1/environments/{found.id}/vmlinuz")
    assert (answer.status_code, answer.content) == (200, b"a kernel")
    trail = (await admin.get("/api/v1/audit?verb=boot_environment.created")).json()["items"]
    assert [(one["target"]["name"], one["actor"]["name"]) for one in trail] == [(row.name, "root at a terminal")]


async def test_the_same_files_again_are_the_same_environment_and_others_another(
    app: FastAPI, admin: AsyncClient, data: Path
) -> None:
    first = await environments.take_built(app.state.runtime, built(data), made_by="root")
    other = await environments.take_built(app.state.runtime, built(data, kernel=b"a newer one"), made_by="root")
    again = await environments.take_built(app.state.runtime, built(data), made_by="root")
    assert (again.id, again.id != other.id) == (first.id, True)
    assert len((await admin.get("/api/v1/boot-environments")).json()["items"]) == 2
    async with app.state.db.read(system_context()) as session:
        newest = await environments.newest(session, "linux")
    found = served.newest(app.state.runtime.settings, "linux")
    assert newest is not None
    assert found is not None
    assert newest.id == again.id
    assert found.id == str(again.id)


async def test_one_that_is_deleted_is_served_no_more(app: FastAPI, admin: AsyncClient, data: Path) -> None:
    row = await environments.take_built(app.state.runtime, built(data), made_by="root")
    gone = await admin.delete(f"/api/v1/boot-environments/{row.id}", headers={"If-Match": "*"})
    assert gone.status_code == 204
    assert served.newest(app.state.runtime.settings, "linux") is None
    assert (await admin.get(f"/boot/v1/environments/{row.id}/vmlinuz")).status_code == 404
