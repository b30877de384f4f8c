"""Uploads, as a tus client sees them."""

import asyncio
import base64
import hashlib
import os
import socket
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from fastapi import FastAPI
from httpx2 import AsyncClient
from sqlalchemy import func, select, update

from deployflow.identity import cookies
from deployflow.platform import clock
from deployflow.platform.context import system_context
from deployflow.platform.settings import Settings
from deployflow.uploads import files, service
from deployflow.uploads.errors import UploadTaken, UploadUnfinished, WrongPurpose
from deployflow.uploads.models import Upload
from tests.factories import identity as people
from tests.support.clients import Clients
from tests.support.live import serve
from tests.support.server import ServerProcess
from tests.support.uploading import CHUNK, announce, announcing, upload

CONTENT = os.urandom(3 * 1024 * 1024 + 17)
UNAUTHENTICATED_LIMIT = 64 * 1024


@pytest.fixture
async def admin(clients: Clients) -> AsyncClient:
    return await clients.signed_in("images:write")


async def send(client: AsyncClient, upload_id: str, part: bytes, offset: int, **headers: str) -> tuple[int, str | None]:
    answer = await client.patch(
        f"/api/v1/uploads/{upload_id}", content=part, headers={**CHUNK, "Upload-Offset": str(offset), **headers}
    )
    code = answer.json()["code"] if answer.content else None
    return answer.status_code, code


def file_of(app: FastAPI, upload_id: str) -> Path:
    return files.file_of(app.state.runtime, UUID(upload_id))


class TestSending:
    async def test_a_file_in_pieces_is_the_file(self, app: FastAPI, admin: AsyncClient) -> None:
        made = await announce(admin, len(CONTENT))
        for start in range(0, len(CONTENT), 1024 * 1024):
            assert await send(admin, made["id"], CONTENT[start : start + 1024 * 1024], start) == (204, None)
        asked = await admin.head(f"/api/v1/uploads/{made['id']}")
        assert asked.headers["Upload-Offset"] == asked.headers["Upload-Length"] == str(len(CONTENT))
        assert (await admin.get(f"/api/v1/uploads/{made['id']}")).json()["state"] == "finished"
        assert file_of(app, made["id"]).read_bytes() == CONTENT

    async def test_the_answer_says_where_to_send(self, admin: AsyncClient) -> None:
        answer = await admin.post("/api/v1/uploads", headers=announcing(10, file_name="Windows 11.iso"))
        assert answer.headers["Location"] == f"/api/v1/uploads/{answer.json()['id']}"
        assert answer.headers["Tus-Resumable"] == "1.0.0"
        assert answer.json()["file_name"] == "Windows 11.iso"
        assert answer.json()["offset"] == 0

    async def test_a_piece_goes_nowhere_but_at_the_end(self, admin: AsyncClient) -> None:
        made = await announce(admin, 10)
        assert await send(admin, made["id"], b"12345", 5) == (409, "upload_offset_wrong")
        assert await send(admin, made["id"], b"12345", 0) == (204, None)
        assert await send(admin, made["id"], b"12345", 0) == (409, "upload_offset_wrong")

    async def test_more_than_announced_is_refused_and_leaves_nothing(self, admin: AsyncClient) -> None:
        made = await announce(admin, 5)
        assert await send(admin, made["id"], b"123456", 0) == (422, "upload_too_long")
        assert (await admin.head(f"/api/v1/uploads/{made['id']}")).headers["Upload-Offset"] == "0"

    @pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
    async def test_a_piece_that_changed_on_its_way_is_not_kept(self, admin: AsyncClient, algorithm: str) -> None:
        made = await announce(admin, 10)
        right = f"{algorithm} {base64.b64encode(hashlib.new(algorithm, b'12345').digest()).decode()}"
        assert await send(admin, made["id"], b"12345", 0, **{"Upload-Checksum": right}) == (204, None)
        wrong = await send(admin, made["id"], b"54321", 5, **{"Upload-Checksum": right})
        assert wrong == (460, "checksum_mismatch")
        assert (await admin.head(f"/api/v1/uploads/{made['id']}")).headers["Upload-Offset"] == "5"

    @pytest.mark.parametrize(
        ("headers", "refused"),
        [
            ({"Content-Type": "application/json"}, (415, "media_type_wrong")),
            ({"Tus-Resumable": "0.2.0"}, (412, "tus_version_unsupported")),
            ({"Upload-Checksum": "md5 AAAA"}, (400, "upload_header_wrong")),
            ({"Upload-Checksum": "sha256 %%"}, (400, "upload_header_wrong")),
            ({"Upload-Offset": "-1"}, (422, "invalid")),
        ],
    )
    async def test_bad_headers_are_named(
        self, admin: AsyncClient, headers: dict[str, str], refused: tuple[int, str]
    ) -> None:
        made = await announce(admin, 10)
        assert await send(admin, made["id"], b"12345", 0, **headers) == refused

    @pytest.mark.parametrize(
        ("metadata", "word"),
        [
            ("filename d29ybGQ=", "purpose"),
            ("purpose bm90aGluZw==", "purpose"),
            ("purpose %%%", "base64"),
            ("purpose gICA", "base64"),
            ("purpose " + "A" * 5000, "characters"),
        ],
    )
    async def test_bad_metadata_is_named(self, admin: AsyncClient, metadata: str, word: str) -> None:
        answer = await admin.post("/api/v1/uploads", headers={"Upload-Length": "5", "Upload-Metadata": metadata})
        assert answer.status_code == 400
        assert word in answer.json()["detail"]

    @pytest.mark.parametrize(
        "name",
        [
            "../../etc/passwd",
            "..\\..\\windows\\system32\\x.dll",
            "/etc/shadow",
            "C:\\boot.ini",
            "a/../../b",
            "....//....//x",
            "\x00evil",
            "name\r\nX-Injected: 1",
            "\u202etxt.exe",
            "." * 300,
            "",
        ],
    )
    async def test_a_file_name_never_leads_anywhere(self, app: FastAPI, admin: AsyncClient, name: str) -> None:
        """S-50."""
        upload_id = await upload(admin, b"12345", file_name=name)
        folder = files.folder_of(app.state.runtime)
        assert [file.name for file in folder.iterdir()] == [upload_id]
        shown = (await admin.get(f"/api/v1/uploads/{upload_id}")).json()["file_name"]
        assert shown
        assert not set(shown) & set("/\\\r\n\0\u202e")
        assert len(shown) <= 255


class TestWhoMay:
    async def test_it_takes_the_permission_of_what_it_is_for(self, clients: Clients, admin: AsyncClient) -> None:
        drivers = await clients.signed_in("drivers:write")
        answer = await drivers.post("/api/v1/uploads", headers=announcing(5))
        assert answer.status_code == 403
        assert "images:write" in answer.json()["detail"]
        made = await announce(admin, 5)
        assert (await drivers.get(f"/api/v1/uploads/{made['id']}")).status_code == 403
        assert (await drivers.get("/api/v1/uploads")).json()["items"] == []
        assert len((await admin.get("/api/v1/uploads")).json()["items"]) == 1

    async def test_a_program_with_a_key_may_too(self, clients: Clients) -> None:
        await upload(await clients.with_api_key("images:write"), b"12345")

    @pytest.mark.parametrize(("says", "status"), [(b"", b" 413 "), (b"Cookie: df_session=nonsense\r\n", b" 401 ")])
    async def test_who_is_nobody_is_refused_before_the_file_is_read(
        self, settings: Settings, says: bytes, status: bytes
    ) -> None:
        """S-58: the answer comes while most of the body is still on this side, also to who only claims a session."""
        async with serve(settings) as live:
            host, _, port = live.url.removeprefix("http://").partition(":")
            reader, writer = await asyncio.open_connection(host, int(port))
            announced = 8 * 1024**3
            writer.write(
                b"PATCH /api/v1/uploads/00000000-0000-7000-8000-000000000000 HTTP/1.1\r\nHost: x\r\n"
                b"Sec-Fetch-Site: same-origin\r\nContent-Type: application/offset+octet-stream\r\n"
                b"%bUpload-Offset: 0\r\nContent-Length: %d\r\n\r\n" % (says, announced)
            )
            writer.write(b"x" * UNAUTHENTICATED_LIMIT)
            assert status in await asyncio.wait_for(reader.readline(), 30)
            writer.close()


class TestLimits:
    async def test_a_file_beyond_the_limit_is_refused_before_it_is_sent(self, admin: AsyncClient) -> None:
        answer = await admin.post("/api/v1/uploads", headers=announcing(33 * 1024**3))
        assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
        assert "32.0 GiB" in answer.json()["detail"]

    async def test_the_quota_counts_what_is_announced(self, app: FastAPI, admin: AsyncClient) -> None:
        object.__setattr__(app.state.runtime.settings, "upload_quota", 1000)
        await announce(admin, 600)
        answer = await admin.post("/api/v1/uploads", headers=announcing(600))
        assert (answer.status_code, answer.json()["code"]) == (409, "upload_quota_exceeded")

    async def test_a_disk_without_room_is_said_at_once(
        self, admin: AsyncClient, clients: Clients, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("deployflow.platform.storage.ContentStore.free_bytes", lambda _self: 1000)
        await announce(admin, 600)
        other = await clients.signed_in("images:write", tenant_id=clients.other_tenant_id)
        answer = await other.post("/api/v1/uploads", headers=announcing(600))
        assert (answer.status_code, answer.json()["code"]) == (507, "disk_full")
        assert "DEPLOYFLOW_CONTENT_DIR" in answer.json()["detail"]


class TestInterruptions:
    async def test_what_came_before_the_connection_broke_stays(self, settings: Settings) -> None:
        async with serve(settings) as live:
            tenant = await people.make_tenant(live.app.state.db)
            user = await people.signed_in_user(live.app.state.db, tenant.id, "images:write")
            session = {cookies.PLAIN_NAME: user.token}
            headers = {"Sec-Fetch-Site": "same-origin"}
            async with AsyncClient(base_url=live.url, cookies=session, headers=headers) as client:
                made = await announce(client, len(CONTENT))
                host, _, port = live.url.removeprefix("http://").partition(":")
                with socket.create_connection((host, int(port))) as broken:
                    lines = [
                        f"PATCH /api/v1/uploads/{made['id']} HTTP/1.1",
                        "Host: x",
                        "Sec-Fetch-Site: same-origin",
                        f"Cookie: {cookies.PLAIN_NAME}={user.token}",
                        "Content-Type: application/offset+octet-stream",
                        "Upload-Offset: 0",
                        f"Content-Length: {len(CONTENT)}",
                    ]
                    broken.sendall("\r\n".join(lines).encode() + b"\r\n\r\n")
                    await asyncio.to_thread(broken.sendall, CONTENT[: 2 * 1024 * 1024])
                offset = await self._settled(client, made["id"])
                assert 1024 * 1024 <= offset <= 2 * 1024 * 1024
                assert await send(client, made["id"], CONTENT[offset:], offset) == (204, None)
                assert file_of(live.app, made["id"]).read_bytes() == CONTENT

    async def _settled(self, client: AsyncClient, upload_id: str) -> int:
        """The offset, once the server has noticed that the connection is gone: two answers alike."""
        seen, ends = -1, time.monotonic() + 30
        while time.monotonic() < ends:
            now = int((await client.head(f"/api/v1/uploads/{upload_id}")).headers["Upload-Offset"])
            if now == seen and now > 0:
                return now
            seen = now
            await asyncio.sleep(0.3)
        raise AssertionError("the upload never came to rest")

    async def test_it_goes_on_after_the_server_was_killed(self, settings: Settings) -> None:
        if not settings.uses_sqlite:
            pytest.skip("a restart is the same there; the files are on the same disk")
        from deployflow.platform.db import Database  # noqa: PLC0415

        database = Database(settings)
        tenant = await people.make_tenant(database)
        user = await people.signed_in_user(database, tenant.id, "images:write")
        await database.close()
        with ServerProcess(data_dir=settings.data_dir) as server:
            session, headers = {cookies.PLAIN_NAME: user.token}, {"Sec-Fetch-Site": "same-origin"}
            async with AsyncClient(base_url=server.url, cookies=session, headers=headers, timeout=60) as client:
                made = await announce(client, len(CONTENT))
                half = len(CONTENT) // 2
                assert await send(client, made["id"], CONTENT[:half], 0) == (204, None)
            server.kill()
            server.start()
            async with AsyncClient(base_url=server.url, cookies=session, headers=headers, timeout=60) as client:
                asked = await client.head(f"/api/v1/uploads/{made['id']}")
                assert asked.headers["Upload-Offset"] == str(half)
                assert await send(client, made["id"], CONTENT[half:], half) == (204, None)
        sent = settings.data_dir / "content" / "uploads" / made["id"]
        assert sent.read_bytes() == CONTENT

    async def test_two_requests_do_not_mix_their_bytes(self, app: FastAPI, admin: AsyncClient) -> None:
        made = await announce(admin, 10)
        begun, go_on = asyncio.Event(), asyncio.Event()

        async def slow() -> AsyncIterator[bytes]:
            yield b"12345"
            begun.set()
            await go_on.wait()
            yield b"67890"

        first = asyncio.create_task(
            files.append(app.state.runtime, UUID(made["id"]), slow(), offset=0, size=10, checksum=None)
        )
        await begun.wait()
        assert await send(admin, made["id"], b"XXXXX", 0) == (423, "upload_busy")
        go_on.set()
        assert await first == 10
        assert file_of(app, made["id"]).read_bytes() == b"1234567890"


class TestTaking:
    async def test_only_a_whole_file_for_this_purpose_is_taken_and_once(
        self, app: FastAPI, admin: AsyncClient, clients: Clients
    ) -> None:
        part = await announce(admin, 10)
        whole = await upload(admin, b"12345")
        runtime = app.state.runtime
        async with clients.db.write(system_context(clients.tenant_id)) as session:
            with pytest.raises(UploadUnfinished):
                await service.take(session, runtime, UUID(part["id"]), purpose="image")
            with pytest.raises(WrongPurpose):
                await service.take(session, runtime, UUID(whole), purpose="driver_pack")
            await service.take(session, runtime, UUID(whole), purpose="image")
            with pytest.raises(UploadTaken):
                await service.take(session, runtime, UUID(whole), purpose="image")
        assert (await admin.get(f"/api/v1/uploads/{whole}")).status_code == 404

    async def test_cancelling_removes_the_bytes(self, app: FastAPI, admin: AsyncClient) -> None:
        upload_id = await upload(admin, b"12345")
        assert (await admin.delete(f"/api/v1/uploads/{upload_id}")).status_code == 204
        assert not file_of(app, upload_id).exists()
        assert (await admin.head(f"/api/v1/uploads/{upload_id}")).status_code == 404

    async def test_what_nobody_touched_for_a_week_goes_with_its_bytes(
        self, app: FastAPI, admin: AsyncClient, clients: Clients
    ) -> None:
        old, fresh = await upload(admin, b"12345"), await upload(admin, b"12345")
        week_ago = time.time() - timedelta(days=8).total_seconds()
        os.utime(file_of(app, old), (week_ago, week_ago))
        async with clients.db.write(system_context()) as session:
            await session.execute(update(Upload).values(expires_at=clock.now()))
        await service.sweep(app.state.runtime)
        async with clients.db.read(system_context()) as session:
            assert await session.scalar(select(func.count()).select_from(Upload)) == 1
        assert not file_of(app, old).exists()
        assert file_of(app, fresh).exists()

    async def test_bytes_that_belong_to_no_upload_go(self, app: FastAPI, admin: AsyncClient) -> None:
        upload_id = await upload(admin, b"12345")
        stray = file_of(app, "00000000-0000-7000-8000-000000000001")
        stray.write_bytes(b"x")
        os.utime(stray, (time.time() - 7200, time.time() - 7200))
        await service.sweep(app.state.runtime)
        assert not stray.exists()
        assert file_of(app, upload_id).exists()
