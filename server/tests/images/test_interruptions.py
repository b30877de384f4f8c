"""An import that is interrupted: at every write to the database, by the death of the server, and by a person."""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from httpx2 import AsyncClient
from sqlalchemy.ext.asyncio import AsyncSession

from deployflow.identity import cookies
from deployflow.images import importing
from deployflow.platform import progress
from deployflow.platform.context import Context
from deployflow.platform.db import Database
from deployflow.platform.jobs import KINDS, Jobs
from deployflow.platform.runtime import Runtime
from deployflow.platform.settings import Settings
from deployflow.platform.storage import ContentStore, content_store, hash_file
from tests.factories import identity as people
from tests.factories import media
from tests.images.conftest import Library
from tests.support.server import ServerProcess
from tests.support.uploading import upload

WITHIN_S = 180


class PowerCut(BaseException):
    """The process ends here."""


class Cutting:
    """Lets a number of transactions through; the next one is rolled back, as the power goes."""

    def __init__(self, db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
        self.left: int | None = None
        self.seen = 0
        write = db.write

        @asynccontextmanager
        async def cut(context: Context) -> AsyncIterator[AsyncSession]:
            self.seen += 1
            async with write(context) as session:
                yield session
                if self.left is not None:
                    self.left -= 1
                    if self.left < 0:
                        self.left = None
                        raise PowerCut

        monkeypatch.setattr(db, "write", cut)


async def work(runtime: Runtime, import_id: UUID) -> None:
    """What DBOS does: each step until it ended, then the next."""
    for step in KINDS[importing.KIND].steps.values():
        try:
            await step(runtime, import_id)
        except PowerCut:
            await step(runtime, import_id)


@pytest.mark.parametrize("source", ["upload", "server"])
async def test_the_power_may_go_at_any_write(
    app: FastAPI, library: Library, admin: AsyncClient, monkeypatch: pytest.MonkeyPatch, source: str
) -> None:
    runtime: Runtime = app.state.runtime
    iso = media.make_iso()
    assert runtime.settings.import_dir is not None
    await asyncio.to_thread((runtime.settings.import_dir / "w.iso").write_bytes, iso.read_bytes())
    # Else how many there are would depend on how fast the machine is.
    monkeypatch.setattr(progress, "WRITE_EVERY", timedelta(hours=1))
    cutting = Cutting(runtime.db, monkeypatch)
    first = True
    writes, number = 1, 0
    resumed: list[int] = []
    while number < writes:
        # A file of its own each time: what one import made must not help the next.
        content = await asyncio.to_thread(iso.read_bytes)
        where = {"path": "w.iso"} if source == "server" else {"upload_id": await upload(admin, content)}
        image = await library.begin(name="Undisturbed" if first else f"Cut {number}", **where)
        cutting.seen, cutting.left = 0, None if first else number
        await work(runtime, UUID(image["importing"]["id"]))
        if first:
            # How many there are, seen in a run that nothing disturbs.
            writes, first = cutting.seen, False
            assert writes >= 12
        else:
            assert cutting.left is None, "the power never went"
            number += 1
        done = await library.get(image)
        assert (done["state"], done["importing"]["error_message"]) == ("ready", None), number
        resumed.append(done["importing"]["resumed"])
        assert len(done["boot_files"]) == 4
        assert [one["index"] for one in done["editions"]] == [1, 2]
        await asyncio.to_thread(_forget_all, runtime.part(content_store), done["content_sha256"])
    # Where the power went as a step began, nothing says that it had.
    assert (resumed[0], set(resumed)) == (0, {0, 1})


def _forget_all(store: ContentStore, content: str) -> None:
    assert hash_file(store.path(content))[0] == content
    for file in store.folder.glob("??/*"):
        file.unlink()


class TestTheServerDies:
    async def test_it_goes_on_where_it_was_each_time(self, settings: Settings) -> None:
        database = Database(settings)
        tenant = await people.make_tenant(database)
        user = await people.signed_in_user(database, tenant.id, "images:read", "images:write")
        await database.close()
        wim = await asyncio.to_thread(media.make_large_wim)
        # With several servers, one that died is noticed by its silence, which takes half a minute.
        kills = 6 if settings.uses_sqlite else 1
        with ServerProcess(data_dir=settings.data_dir, database_url=settings.database_url) as server:
            session, headers = {cookies.PLAIN_NAME: user.token}, {"Sec-Fetch-Site": "same-origin"}
            async with AsyncClient(base_url=server.url, cookies=session, headers=headers, timeout=60) as client:
                body = {"name": "Large", "upload_id": await upload(client, await asyncio.to_thread(wim.read_bytes))}
                image = (await client.post("/api/v1/image-imports", json=body)).json()
            seen = []
            for number in range(kills):
                await asyncio.sleep(0.7 + 0.45 * number)
                async with AsyncClient(base_url=server.url, cookies=session, headers=headers, timeout=60) as client:
                    seen.append((await self._get(client, image))["importing"]["state"])
                server.kill()
                server.start()
            async with AsyncClient(base_url=server.url, cookies=session, headers=headers, timeout=60) as client:
                ends = time.monotonic() + WITHIN_S
                while (done := await self._get(client, image))["state"] == "importing":
                    assert time.monotonic() < ends, (seen, done["importing"])
                    await asyncio.sleep(0.3)
        assert (done["state"], done["importing"]["error_message"]) == ("ready", None)
        assert set(seen) - {"ready"}, "it was done before it was killed"
        content = ContentStore(settings).path(done["content_sha256"])
        assert (await asyncio.to_thread(hash_file, content))[0] == done["content_sha256"]
        assert done["checksum"] == (await asyncio.to_thread(hash_file, wim))[0]

    async def _get(self, client: AsyncClient, image: dict[str, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = (await client.get(f"/api/v1/images/{image['id']}")).json()
        return answer


class TestCalledOff:
    async def test_a_running_import_ends_within_seconds_with_its_programs(
        self, app: FastAPI, library: Library, admin: AsyncClient
    ) -> None:
        content = await asyncio.to_thread(media.make_large_wim(96).read_bytes)
        image = await library.begin(upload_id=await upload(admin, content))
        runtime: Runtime = app.state.runtime
        await runtime.part(Jobs).look()
        await self._until(library, image, "preparing")
        for _ in range(200):
            if _running():
                break
            await asyncio.sleep(0.02)
        assert _running()
        asked = time.monotonic()
        answer = await admin.post(f"/api/v1/image-imports/{image['importing']['id']}:cancel")
        assert answer.json()["cancelling"]
        await self._until(library, image, "cancelled")
        assert time.monotonic() - asked < 10
        assert not _running()
        assert not await asyncio.to_thread(lambda: list(runtime.part(content_store).tmp.iterdir()))

    async def _until(self, library: Library, image: dict[str, Any], state: str) -> None:
        ends = time.monotonic() + WITHIN_S
        while (now := (await library.get(image))["importing"])["state"] != state:
            assert time.monotonic() < ends, now
            await asyncio.sleep(0.05)

    async def test_progress_has_a_rate_and_the_time_left(
        self, app: FastAPI, library: Library, admin: AsyncClient
    ) -> None:
        content = await asyncio.to_thread(media.make_large_wim(96).read_bytes)
        image = await library.begin(upload_id=await upload(admin, content))
        await app.state.runtime.part(Jobs).look()
        ends = time.monotonic() + WITHIN_S
        while (now := (await library.get(image))["importing"])["seconds_left"] is None:
            assert now["state"] not in {"ready", "failed"}, now
            assert time.monotonic() < ends
            await asyncio.sleep(0.05)
        assert 0 < now["bytes_done"] <= now["bytes_total"]
        assert now["bytes_per_s"] > 0
        assert (await library.finish(image))["importing"]["seconds_left"] is None


def _running() -> bool:
    """Whether a wimlib that this process started is at work."""
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            name, _, rest = status.read_text().partition("(")[2].partition(") ")
        except OSError:
            continue
        if name.startswith("wimlib-imagex") and _ancestor(int(rest.split()[1])):
            return True
    return False


def _ancestor(pid: int) -> bool:
    return pid == os.getpid()
