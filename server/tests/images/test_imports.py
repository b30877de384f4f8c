"""Imports of real media, from the upload to the image that a machine applies."""

import hashlib
import subprocess
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from httpx2 import AsyncClient

from deployflow.images import wims
from deployflow.images.models import OsImage
from deployflow.platform.context import system_context
from deployflow.platform.runtime import Runtime
from deployflow.platform.storage import Content, content_store
from deployflow.uploads import files
from tests.factories import media
from tests.images.conftest import Library
from tests.support.uploading import upload

DE = {"edition_id": "Professional", "architecture": "x64", "build": "10.0.22631.2861", "languages": ["de-DE"]}


def content_of(app: FastAPI, image: dict[str, Any]) -> Path:
    runtime: Runtime = app.state.runtime
    return runtime.part(content_store).path(image["content_sha256"])


async def plain_of(app: FastAPI, image: dict[str, Any]) -> Path:
    """The form for DISM."""
    async with app.state.db.read(system_context()) as session:
        row = await session.get_one(OsImage, UUID(image["id"]))
    path: Path = app.state.runtime.part(content_store).path(row.wim_sha256)
    content = Content(path.name, row.wim_bytes or 0)
    assert app.state.runtime.part(content_store).find(path.name) == content
    return path


def applied(app: FastAPI, image: dict[str, Any], index: int, to: Path) -> dict[str, str]:
    """Apply it as a machine does, out of a pipe; the hash of each file."""
    with content_of(app, image).open("rb") as wim:
        subprocess.run(["wimlib-imagex", "apply", "-", str(index), str(to)], stdin=wim, check=True, capture_output=True)
    return hashes(to)


def applied_by_dism(plain: Path, index: int, to: Path) -> dict[str, str]:
    """Apply a file that is there as a whole."""
    subprocess.run(["wimlib-imagex", "apply", str(plain), str(index), str(to)], check=True, capture_output=True)
    return hashes(to)


def hashes(folder: Path) -> dict[str, str]:
    return {
        file.relative_to(folder).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in folder.rglob("*")
        if file.is_file()
    }


class TestMedia:
    async def test_an_iso_becomes_an_image_that_is_applied_out_of_a_pipe(
        self, app: FastAPI, library: Library, tmp_path: Path
    ) -> None:
        iso = media.make_iso()
        checksum = hashlib.sha256(iso.read_bytes()).hexdigest()
        image = await library.upload(iso, image_version="23H2", sha256=checksum.upper())
        assert image["importing"]["error_message"] is None
        assert (image["state"], image["importing"]["kind"], image["checksum"]) == ("ready", "iso", checksum)
        assert [one["name"] for one in image["editions"]] == ["Windows 11 Home", "Windows 11 Pro"]
        assert image["editions"][1].items() >= DE.items()
        assert image["architecture"] == "x64"
        assert applied(app, image, 2, tmp_path / "disk") == hashes(media.windows_tree())
        assert [one["name"] for one in image["boot_files"]] == ["BCD", "boot.sdi", "boot.wim", "bootmgr"]

    async def test_what_the_image_was_made_of_is_swept(
        self, app: FastAPI, library: Library, admin: AsyncClient
    ) -> None:
        from deployflow.uploads.tasks import sweep_store  # noqa: PLC0415

        image = await library.upload(media.make_iso())
        store = app.state.runtime.part(content_store)
        import os  # noqa: PLC0415

        for file in store.folder.glob("??/*"):
            os.utime(file, (0, 0))
        await sweep_store(app.state.runtime)
        left = {file.name for file in store.folder.glob("??/*")}
        plain = (await plain_of(app, image)).name
        assert left == {image["content_sha256"], plain, *(one["sha256"] for one in image["boot_files"])}
        assert not list(files.folder_of(app.state.runtime).iterdir())
        assert (await admin.get("/api/v1/uploads")).json()["items"] == []

    async def test_an_iso_with_an_esd_works_as_well(self, app: FastAPI, library: Library, tmp_path: Path) -> None:
        image = await library.upload(media.make_iso(image="sources/install.esd", boots=False))
        assert (image["state"], image["importing"]["error_message"]) == ("ready", None)
        assert applied(app, image, 1, tmp_path / "disk") == hashes(media.windows_tree())
        assert image["boot_files"] == []

    async def test_the_set_up_program_in_an_esd_is_no_edition(
        self, app: FastAPI, library: Library, tmp_path: Path
    ) -> None:
        esd = media.make_wim((media.SETUP, media.PE, media.PE_SETUP, media.HOME, media.PRO), solid=True)
        image = await library.upload(esd)
        assert image["importing"]["kind"] == "esd"
        assert [(one["index"], one["name"]) for one in image["editions"]] == [
            (4, "Windows 11 Home"),
            (5, "Windows 11 Pro"),
        ]
        assert applied(app, image, 5, tmp_path / "disk") == hashes(media.windows_tree())

    async def test_a_captured_wim_without_a_description_is_one_edition(self, library: Library) -> None:
        image = await library.upload(media.make_wim((media.SETUP,)))
        assert (image["state"], image["importing"]["kind"]) == ("ready", "wim")
        assert [(one["name"], one["build"]) for one in image["editions"]] == [("Windows Setup Media", None)]

    async def test_a_wim_that_is_pipable_is_taken_as_it_is_and_written_anew_for_dism(
        self, app: FastAPI, library: Library, tmp_path: Path
    ) -> None:
        wim = media.make_wim((media.HOME, media.PRO), pipable=True)
        image = await library.upload(wim)
        assert image["content_sha256"] == hashlib.sha256(wim.read_bytes()).hexdigest() == image["checksum"]
        plain = await plain_of(app, image)
        assert plain.read_bytes()[:8] == wims.MAGIC
        assert [one.name for one in await wims.read_editions(plain)] == [one["name"] for one in image["editions"]]
        assert applied_by_dism(plain, 2, tmp_path / "disk") == hashes(media.windows_tree())

    @pytest.mark.parametrize("solid", [False, True])
    async def test_a_wim_or_esd_is_kept_as_it_came_for_dism(
        self, app: FastAPI, library: Library, *, solid: bool
    ) -> None:
        given = media.make_wim(solid=solid)
        plain = await plain_of(app, await library.upload(given))
        assert plain.read_bytes() == given.read_bytes()

    async def test_a_file_of_the_servers_folder_is_copied(
        self, app: FastAPI, library: Library, admin: AsyncClient
    ) -> None:
        folder: Path = app.state.runtime.settings.import_dir
        (folder / "2026").mkdir()
        (folder / "2026" / "pro.wim").write_bytes(media.make_wim().read_bytes())
        (folder / "notes.txt").write_text("not this")
        listed = (await admin.get("/api/v1/image-imports/server-files")).json()
        assert [one["path"] for one in listed["items"]] == ["2026/pro.wim"]
        image = await library.finish(await library.begin(path="2026/pro.wim"))
        assert (image["state"], image["importing"]["file_name"]) == ("ready", "pro.wim")
        assert (folder / "2026" / "pro.wim").exists()


class TestBadFiles:
    async def reason(self, library: Library, file: Path | bytes, **body: Any) -> tuple[str, str]:
        image = await library.upload(file, **body)
        assert (image["state"], image["importing"]["state"]) == ("failed", "failed")
        assert image["content_sha256"] is None
        return image["importing"]["error_code"], image["importing"]["error_message"]

    async def test_a_wrong_checksum_names_both(self, library: Library) -> None:
        code, sentence = await self.reason(library, media.make_wim(), sha256="ab" * 32)
        assert code == "checksum_wrong"
        image = (await library.admin.get("/api/v1/images")).json()["items"][0]
        assert image["importing"]["stopped_in"] == "verifying"
        assert "ab" * 32 in sentence
        assert hashlib.sha256(media.make_wim().read_bytes()).hexdigest() in sentence

    async def test_something_else_is_said_to_be_none(self, library: Library) -> None:
        code, sentence = await self.reason(library, b"MZ this is a program" * 5000)
        assert code == "file_kind_unknown"
        assert "no ISO, WIM or ESD" in sentence

    @pytest.mark.parametrize("share", [0.2, 0.6, 0.9])
    async def test_an_iso_that_was_cut_off_says_so(self, library: Library, share: float) -> None:
        whole = media.make_iso().read_bytes()
        code, sentence = await self.reason(library, whole[: int(len(whole) * share)])
        assert code in {"iso_damaged", "image_damaged"}
        assert "cut off on its way" in sentence or "not whole" in sentence
        assert "SHA-256" in sentence

    @pytest.mark.parametrize("share", [0.01, 0.5, 0.99])
    async def test_a_wim_that_was_cut_off_says_so(self, library: Library, share: float) -> None:
        whole = media.make_wim().read_bytes()
        code, sentence = await self.reason(library, whole[: int(len(whole) * share)])
        assert code == "image_damaged"
        assert "cut off on its way" in sentence

    async def test_a_wim_with_other_bytes_in_the_middle_says_so(self, library: Library) -> None:
        damaged = bytearray(media.make_wim().read_bytes())
        damaged[300_000:310_000] = bytes(10_000)
        code, sentence = await self.reason(library, bytes(damaged))
        assert code == "image_damaged"
        assert "hash" in sentence or "damaged" in sentence

    async def test_a_disc_without_windows_says_what_is_missing(self, library: Library) -> None:
        code, sentence = await self.reason(library, media.make_iso(image=None))
        assert code == "iso_without_image"
        assert "sources/install.wim" in sentence

    async def test_a_split_image_says_how_to_join_it(self, library: Library) -> None:
        code, sentence = await self.reason(library, media.make_iso(image="sources/install.swm"))
        assert code == "iso_without_image"
        assert "join" in sentence

    async def test_a_boot_wim_holds_nothing_to_put_on_a_disk(self, library: Library) -> None:
        code, sentence = await self.reason(library, media.make_wim((media.PE,)))
        assert code == "no_editions"
        assert "only Windows Setup" in sentence

    async def test_a_disk_without_room_says_so_and_a_retry_goes_on(
        self, library: Library, admin: AsyncClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        upload_id = await upload(admin, media.make_wim().read_bytes())
        with monkeypatch.context() as full:
            full.setattr("deployflow.platform.storage.ContentStore.free_bytes", lambda _self: 1000)
            image = await library.finish(await library.begin(upload_id=upload_id))
        assert image["importing"]["error_code"] == "disk_full"
        again = await admin.post(f"/api/v1/image-imports/{image['importing']['id']}:retry")
        assert again.json()["state"] == "queued"
        image = await library.finish(image)
        assert (image["state"], image["importing"]["attempt"]) == ("ready", 2)


class TestWhatIsRefusedAtOnce:
    @pytest.mark.parametrize(
        "path",
        [
            "../secret.iso",
            "../../etc/passwd",
            "/etc/passwd",
            "a/../../secret.iso",
            "link.iso",
            "folder-link/secret.iso",
            "",
            ".",
            "nothing.iso",
            "zero\0.iso",
            "notes.txt",
            "x" * 1000,
        ],
    )
    async def test_a_path_that_leads_out_of_the_folder(self, app: FastAPI, admin: AsyncClient, path: str) -> None:
        """S-50."""
        folder: Path = app.state.runtime.settings.import_dir
        (folder.parent / "secret.iso").write_bytes(b"secret")
        (folder / "link.iso").symlink_to(folder.parent / "secret.iso")
        (folder / "folder-link").symlink_to(folder.parent)
        (folder / "notes.txt").write_text("x")
        answer = await admin.post("/api/v1/image-imports", json={"name": "A", "path": path})
        assert answer.status_code == 422
        assert answer.json()["code"] in {"source_wrong", "invalid"}
        listed = (await admin.get("/api/v1/image-imports/server-files")).json()
        assert listed["items"] == []

    async def test_two_images_of_one_name_and_version(self, library: Library, admin: AsyncClient) -> None:
        await library.begin(upload_id=await upload(admin, b"x"), image_version="1")
        await library.begin(upload_id=await upload(admin, b"x"), image_version="2")
        body = {"name": "Windows 11", "image_version": "1", "upload_id": await upload(admin, b"x")}
        answer = await admin.post("/api/v1/image-imports", json=body)
        assert (answer.status_code, answer.json()["code"]) == (409, "name_taken")

    @pytest.mark.parametrize("body", [{}, {"url": "https://a.example/b", "path": "c"}])
    async def test_none_or_two_sources(self, admin: AsyncClient, body: dict[str, Any]) -> None:
        answer = await admin.post("/api/v1/image-imports", json={"name": "A", **body})
        assert answer.status_code == 422
        assert "exactly one" in answer.json()["detail"]


class TestLife:
    async def test_a_waiting_import_is_called_off_at_once_and_begun_again(
        self, library: Library, admin: AsyncClient
    ) -> None:
        image = await library.begin(upload_id=await upload(admin, media.make_wim().read_bytes()))
        import_id = image["importing"]["id"]
        assert (await admin.post(f"/api/v1/image-imports/{import_id}:cancel")).json()["state"] == "cancelled"
        assert (await library.finish(image))["importing"]["state"] == "cancelled"
        assert (await admin.post(f"/api/v1/image-imports/{import_id}:retry")).json()["state"] == "queued"
        assert (await library.finish(image))["state"] == "ready"

    async def test_an_image_that_is_being_imported_is_not_deleted(self, library: Library, admin: AsyncClient) -> None:
        image = await library.begin(upload_id=await upload(admin, b"x"))
        answer = await admin.delete(f"/api/v1/images/{image['id']}", headers={"If-Match": "*"})
        assert (answer.status_code, answer.json()["code"]) == (409, "image_import_running")

    async def test_a_failed_import_goes_with_its_file(self, app: FastAPI, library: Library, admin: AsyncClient) -> None:
        image = await library.begin(upload_id=await upload(admin, b"nothing"))
        await admin.post(f"/api/v1/image-imports/{image['importing']['id']}:cancel")
        assert (await admin.delete(f"/api/v1/images/{image['id']}", headers={"If-Match": "*"})).status_code == 204
        assert not list(files.folder_of(app.state.runtime).iterdir())
        assert (await admin.get("/api/v1/image-imports")).json()["items"] == []

    async def test_the_image_is_downloaded_with_its_hash_as_etag(
        self, app: FastAPI, library: Library, admin: AsyncClient
    ) -> None:
        image = await library.upload(media.make_wim())
        answer = await admin.get(f"/api/v1/images/{image['id']}/content", headers={"Range": "bytes=0-7"})
        assert (answer.status_code, answer.content) == (206, b"WLPWM\0\0\0")
        assert answer.headers["etag"] == f'"{image["content_sha256"]}"'
        assert content_of(app, image).stat().st_size == image["content_bytes"]

    async def test_search_filter_and_change(self, library: Library, admin: AsyncClient) -> None:
        image = await library.begin(upload_id=await upload(admin, b"x"), description="for the front desk")
        found = (await admin.get("/api/v1/images?q=FRONT&filter[state]=importing&sort=-updated_at")).json()["items"]
        assert [one["id"] for one in found] == [image["id"]]
        stale = {"If-Match": '"99"'}
        answer = await admin.patch(f"/api/v1/images/{image['id']}", json={"name": "B"}, headers=stale)
        assert answer.status_code == 412
        fresh = {"If-Match": f'"{image["version"]}"'}
        answer = await admin.patch(f"/api/v1/images/{image['id']}", json={"name": "B"}, headers=fresh)
        assert (answer.status_code, answer.json()["name"]) == (200, "B")
