"""Driver packs from the upload to the archive that a machine gets."""

import hashlib
import io
import random
import shutil
import subprocess
import sys
import textwrap
import zipfile
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from httpx2 import AsyncClient

from deployflow.devices.states import DeviceState
from deployflow.drivers import queries
from deployflow.drivers.schemas import MachineIn
from deployflow.platform.context import system_context
from deployflow.platform.settings import Settings
from deployflow.platform.storage import content_store
from tests.factories import fleet
from tests.factories.drivers import BROKEN, NET, cabinet, zipped
from tests.support.clients import Clients
from tests.support.jobs import finish_jobs
from tests.support.uploading import upload

NOISE = random.Random(5).randbytes(300_000)  # noqa: S311  test data
FILES: dict[str, bytes | str] = {
    "Network/e1d.inf": NET,
    "Network/e1d.sys": NOISE,
    "Network/empty.cat": b"",
    "Video/broken.inf": BROKEN,
    "readme.txt": "for people",
}


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    """With an import folder."""
    folder = tmp_path / "import"
    folder.mkdir()
    return settings.model_copy(update={"import_dir": folder})


@pytest.fixture
async def admin(clients: Clients) -> AsyncClient:
    return await clients.signed_in("drivers:read", "drivers:write")


@pytest.fixture(autouse=True)
def _programs() -> None:
    for program in ("7z", "gcab"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not here. Install it with: sudo scripts/install-system-packages")


async def make(app: FastAPI, admin: AsyncClient, content: bytes | None = None, **body: Any) -> dict[str, Any]:
    """Import a pack and wait for it."""
    if content is not None:
        body["upload_id"] = await upload(admin, content, purpose="driver_pack", file_name="pack.zip")
    answer = await admin.post("/api/v1/driver-packs", json={"name": "ThinkPad", **body})
    assert answer.status_code == 201, answer.text
    await finish_jobs(app)
    made: dict[str, Any] = (await admin.get(f"/api/v1/driver-packs/{answer.json()['id']}")).json()
    return made


async def reason(app: FastAPI, admin: AsyncClient, content: bytes) -> tuple[str, str]:
    pack = await make(app, admin, content)
    assert pack["state"] == "failed"
    assert pack["content_sha256"] is None
    return pack["error_code"], pack["error_message"]


async def archive_of(admin: AsyncClient, pack: dict[str, Any]) -> dict[str, bytes]:
    answer = await admin.get(f"/api/v1/driver-packs/{pack['id']}/content")
    assert answer.headers["etag"] == f'"{pack["content_sha256"]}"'
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def as_bytes(files: dict[str, bytes | str]) -> dict[str, bytes]:
    return {name: content if isinstance(content, bytes) else content.encode() for name, content in files.items()}


class TestSources:
    @pytest.mark.parametrize("make_archive", [zipped, cabinet])
    async def test_an_archive_becomes_one_of_our_own(self, app: FastAPI, admin: AsyncClient, make_archive: Any) -> None:
        given = make_archive(FILES)
        pack = await make(app, admin, given, sha256=hashlib.sha256(given).hexdigest())
        assert (pack["state"], pack["error_message"]) == ("ready", None)
        assert pack["checksum"] == hashlib.sha256(given).hexdigest()
        assert (pack["file_count"], pack["inf_count"], pack["broken_inf_count"]) == (5, 2, 1)
        assert await archive_of(admin, pack) == as_bytes(FILES)

    async def test_one_broken_inf_is_listed_with_its_reason(self, app: FastAPI, admin: AsyncClient) -> None:
        pack = await make(app, admin, zipped(FILES))
        infs = (await admin.get(f"/api/v1/driver-packs/{pack['id']}/infs")).json()["items"]
        assert [(one["path"], one["error"] is None) for one in infs] == [
            ("Network/e1d.inf", True),
            ("Video/broken.inf", False),
        ]
        assert "[Version]" in infs[1]["error"]
        assert infs[0].items() >= {"device_class": "Net", "provider": "Intel", "hardware_id_count": 4}.items()
        found = (await admin.get(f"/api/v1/driver-packs/{pack['id']}/infs?q=dev_15b9")).json()["items"]
        assert [one["path"] for one in found] == ["Network/e1d.inf"]
        broken = (await admin.get(f"/api/v1/driver-packs/{pack['id']}/infs?broken=true")).json()["items"]
        assert [one["path"] for one in broken] == ["Video/broken.inf"]

    async def test_a_folder_of_the_server_without_its_links(
        self, app: FastAPI, admin: AsyncClient, tmp_path: Path
    ) -> None:
        folder = tmp_path / "import" / "T14"
        (folder / "net").mkdir(parents=True)
        (folder / "net" / "e1d.inf").write_text(NET)
        (tmp_path / "secret").write_text("secret")
        (folder / "net" / "link.txt").symlink_to(tmp_path / "secret")
        (folder / "out").symlink_to(tmp_path)
        listed = (await admin.get("/api/v1/driver-packs/server-files")).json()["items"]
        assert [one["path"] for one in listed] == ["T14", "T14/net"]
        pack = await make(app, admin, path="T14")
        assert (pack["state"], pack["source"]) == ("ready", "server")
        assert await archive_of(admin, pack) == {"net/e1d.inf": NET.encode()}

    async def test_the_same_files_make_the_same_archive(self, app: FastAPI, admin: AsyncClient) -> None:
        one = await make(app, admin, zipped(FILES))
        other = await make(app, admin, zipped(FILES), pack_version="2")
        assert one["content_sha256"] == other["content_sha256"]

    async def test_backslashes_are_folders(self, app: FastAPI, admin: AsyncClient) -> None:
        pack = await make(app, admin, zipped({"Net\\e1d.inf": NET}))
        assert list(await archive_of(admin, pack)) == ["Net/e1d.inf"]


def _linked() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("a.inf", NET)
        link = zipfile.ZipInfo("passwd")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    return made.getvalue()


def _twice() -> bytes:
    return zipped({"a.inf": NET, "A.INF": NET})


def _flagged(content: bytes, bit: int) -> bytes:
    """The same zip with a flag set in all its headers."""
    changed = bytearray(content)
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        found = changed.find(mark)
        while found >= 0:
            changed[found + at] |= bit
            found = changed.find(mark, found + 4)
    return bytes(changed)


class TestBadArchives:
    @pytest.mark.parametrize(
        "name",
        [
            "../evil.inf",
            "a/../../evil.inf",
            "..\\..\\evil.inf",
            "/etc/evil.inf",
            "\\evil.inf",
            "C:\\Windows\\evil.inf",
            "c:evil.inf",
            "a\x01b.inf",
            "x" * 500 + ".inf",
        ],
    )
    async def test_a_name_that_leads_out_is_hostile(self, app: FastAPI, admin: AsyncClient, name: str) -> None:
        """S-50."""
        code, sentence = await reason(app, admin, zipped({"good.inf": NET, name: NET}))
        assert code == "archive_hostile"
        assert "leads out" in sentence
        left = [file.name for file in app.state.runtime.part(content_store).tmp.iterdir()]
        assert left == []

    @pytest.mark.parametrize(
        ("content", "code", "word"),
        [
            (_linked(), "archive_hostile", "link"),
            (_twice(), "archive_wrong", "twice"),
            (_flagged(zipped({"a.inf": NET}), 1), "archive_locked", "password"),
            (zipped({"setup.exe": b"MZ"}), "archive_without_inf", "unpacked"),
            (b"MZ an installer" * 100, "file_kind_unknown", "installer"),
            (b"Rar!\x1a\x07\x01\x00" * 100, "file_kind_unknown", "zip or cab"),
            (zipped(FILES)[:100_000], "archive_damaged", "download it again"),
            (cabinet(FILES)[:100_000], "archive_damaged", "download it again"),
        ],
    )
    async def test_what_is_wrong_is_said(
        self, app: FastAPI, admin: AsyncClient, content: bytes, code: str, word: str
    ) -> None:
        got, sentence = await reason(app, admin, content)
        assert got == code
        assert word in sentence

    async def test_a_byte_that_changed_is_noticed(self, app: FastAPI, admin: AsyncClient) -> None:
        damaged = bytearray(zipped(FILES))
        damaged[150_000] ^= 0xFF
        code, _sentence = await reason(app, admin, bytes(damaged))
        assert code == "archive_damaged"

    async def test_too_many_files(self, app: FastAPI, admin: AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("deployflow.drivers.sources.MAX_FILES", 3)
        for content in (zipped(FILES), cabinet(FILES)):
            pack = await make(app, admin, content, pack_version=str(len(content)))
            assert pack["error_code"] == "archive_too_large"

    async def test_a_retry_reads_it_again(
        self, app: FastAPI, admin: AsyncClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with monkeypatch.context() as full:
            full.setattr("deployflow.platform.storage.ContentStore.free_bytes", lambda _self: 400_000)
            upload_id = await upload(admin, zipped(FILES), purpose="driver_pack")
            full.setattr("deployflow.platform.storage.ContentStore.free_bytes", lambda _self: 10)
            pack = await make(app, admin, upload_id=upload_id)
        assert pack["error_code"] == "disk_full"
        assert (await admin.post(f"/api/v1/driver-packs/{pack['id']}:retry")).json()["state"] == "importing"
        await finish_jobs(app)
        assert (await admin.get(f"/api/v1/driver-packs/{pack['id']}")).json()["state"] == "ready"


@pytest.mark.parametrize("kind", ["zip", "cab"])
def test_a_bomb_costs_little_memory_and_time(tmp_path: Path, kind: str) -> None:
    """S-51: ten gigabytes of zeros in a few megabytes."""
    bomb = tmp_path / "bomb"
    if kind == "zip":
        with (
            zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive,
            archive.open("a.inf", "w", force_zip64=True) as to,
        ):
            for _ in range(2500):
                to.write(bytes(1024 * 1024))
    else:
        zeros = tmp_path / "a.inf"
        with zeros.open("wb") as sparse:
            sparse.truncate(2**31 - 2**17)
        subprocess.run(["gcab", "-c", "-z", str(bomb), "a.inf"], cwd=tmp_path, check=True, capture_output=True)
    reader = textwrap.dedent(f"""
        import asyncio, re, resource, time
        from pathlib import Path
        from deployflow.drivers import sources
        from deployflow.drivers.archives import Packer
        from deployflow.platform.importing import FileProblem
        from deployflow.platform.settings import Settings
        from deployflow.platform.storage import ContentStore
        began = time.monotonic()
        bomb = Path({str(bomb)!r})
        async def read():
            with ContentStore(Settings(data_dir=Path({str(tmp_path)!r}))).new_file() as file:
                with Packer(file, count=lambda _n: None) as packer:
                    if sources.kind_of(bomb) == "zip":
                        sources.pack_zip(bomb, packer)
                    else:
                        await sources.pack_cab(bomb, packer)
        try:
            asyncio.run(read())
            print("read")
        except FileProblem as problem:
            print(problem.code)
        # Not its own ru_maxrss: that began with the peak of the process that started this one.
        (own,) = re.findall(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())
        peak = max(int(own), resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
        print(peak // 1024, time.monotonic() - began)
    """)
    said = subprocess.run([sys.executable, "-c", reader], check=True, capture_output=True, text=True).stdout.split()
    assert said[0] == "archive_hostile"
    assert int(said[1]) < 300, "MiB"
    assert float(said[2]) < 20, "seconds"


class TestLibrary:
    async def test_a_machine_gets_what_matches_it(self, app: FastAPI, admin: AsyncClient, clients: Clients) -> None:
        sku = await make(app, admin, zipped(FILES), name="A", rules=[{"sku": "0C06"}])
        await make(app, admin, zipped(FILES), name="B", rules=[{"manufacturer": "HP", "model": "*"}])
        await make(app, admin, zipped(FILES), name="C")
        model = await make(app, admin, zipped(FILES), name="D", rules=[{"manufacturer": "Dell*", "model": "Lat*"}])
        asked = "manufacturer=Dell%20Inc.&model=Latitude%205440&sku=0C06"
        found = (await admin.get(f"/api/v1/driver-packs:match?{asked}")).json()["items"]
        assert [one["id"] for one in found] == [sku["id"], model["id"]]
        none = (await admin.get("/api/v1/driver-packs:match?model=Unheard")).json()["items"]
        assert none == []
        async with app.state.db.read(system_context(clients.other_tenant_id)) as session:
            assert await queries.packs_for(session, MachineIn(sku="0C06")) == []

    async def test_each_model_of_the_fleet_is_shown_with_its_packs(
        self, app: FastAPI, admin: AsyncClient, clients: Clients
    ) -> None:
        pack = await make(app, admin, zipped(FILES), name="A", rules=[{"model": "Latitude 54*"}])
        own, other = clients.tenant_id, clients.other_tenant_id
        for tenant, model, state in (
            (own, "Latitude 5440", "active"),
            (own, "Latitude 5440", "pending"),
            (own, "Latitude 5440", "revoked"),
            (own, "ThinkPad T14", "active"),
            (other, "Surface", "active"),
        ):
            await fleet.make_device(
                clients.db, tenant, manufacturer="Maker", model=model, sku=None, state=DeviceState(state)
            )
        reader = await clients.signed_in("drivers:read", "devices:read")
        found = (await reader.get("/api/v1/driver-packs/machines")).json()["items"]
        assert [(one["model"], one["devices"], [each["id"] for each in one["packs"]]) for one in found] == [
            ("Latitude 5440", 2, [pack["id"]]),
            ("ThinkPad T14", 1, []),
        ]
        assert (await admin.get("/api/v1/driver-packs/machines")).status_code == 403
        assert (await clients.anonymous().get("/api/v1/driver-packs/machines")).status_code == 401

    async def test_search_and_change_and_delete(self, app: FastAPI, admin: AsyncClient) -> None:
        pack = await make(app, admin, zipped(FILES), rules=[{"model": "Latitude 54*"}])
        found = (await admin.get("/api/v1/driver-packs?q=latitude&filter[state]=ready")).json()["items"]
        assert [one["id"] for one in found] == [pack["id"]]
        at, fresh = f"/api/v1/driver-packs/{pack['id']}", {"If-Match": f'"{pack["version"]}"'}
        changed = await admin.patch(at, json={"rules": [{"sku": "A"}, {"sku": "B"}], "name": "Two"}, headers=fresh)
        assert [one["sku"] for one in changed.json()["rules"]] == ["A", "B"]
        assert (await admin.patch(at, json={"name": "Three"}, headers=fresh)).status_code == 412
        assert (await admin.delete(at, headers={"If-Match": changed.headers["etag"]})).status_code == 204
        assert (await admin.get(at)).status_code == 404

    @pytest.mark.parametrize("rule", [{}, {"manufacturer": "Dell"}, {"sku": ""}, {"sku": "A", "family": "B"}])
    async def test_a_rule_without_a_model_is_refused(self, admin: AsyncClient, rule: dict[str, str]) -> None:
        answer = await admin.post("/api/v1/driver-packs", json={"name": "A", "path": "x.zip", "rules": [rule]})
        assert answer.status_code == 422

    @pytest.mark.parametrize("path", ["../x.zip", "/etc", ".", "", "nothing.zip", "notes.txt", "x" * 900])
    async def test_a_path_that_leads_out_is_refused(self, admin: AsyncClient, tmp_path: Path, path: str) -> None:
        """S-50."""
        (tmp_path / "import" / "notes.txt").write_text("x")
        answer = await admin.post("/api/v1/driver-packs", json={"name": "A", "path": path})
        assert (answer.status_code, answer.json()["code"]) == (422, "source_wrong")

    async def test_an_import_ends_when_its_pack_is_deleted(self, app: FastAPI, admin: AsyncClient) -> None:
        upload_id = await upload(admin, zipped(FILES), purpose="driver_pack")
        made = (await admin.post("/api/v1/driver-packs", json={"name": "A", "upload_id": upload_id})).json()
        assert (await admin.delete(f"/api/v1/driver-packs/{made['id']}", headers={"If-Match": "*"})).status_code == 204
        await finish_jobs(app)
        assert (await admin.get("/api/v1/driver-packs")).json()["items"] == []
