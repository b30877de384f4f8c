"""Content over HTTP: in memory for what is said, over a real socket for what is sent."""

import asyncio
import os
import random
from pathlib import Path

import httpx2
import pytest
from fastapi import FastAPI

from deployflow.app import sendfile
from deployflow.app.main import create_app
from deployflow.platform.downloads import ContentMissing, ContentResponse
from deployflow.platform.settings import Settings
from deployflow.platform.storage import Content, content_store
from tests.support.live import Live, serve

SIZE = 12 * 1024 * 1024 + 4321
BYTES = random.Random(4).randbytes(SIZE)  # noqa: S311  test data
PATH = "/test-content"


def offer(app: FastAPI) -> Content:
    """Give the application a route with this file."""
    runtime = app.state.runtime
    with runtime.part(content_store).new_file() as file:
        file.write(BYTES)
        content = file.keep()

    async def download() -> ContentResponse:
        return ContentResponse(runtime, content)

    app.add_api_route(PATH, download, methods=["GET", "HEAD"])
    app.router.routes.insert(0, app.router.routes.pop())
    return content


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.fixture(params=["sent by the kernel", "copied"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "copied":
        monkeypatch.setattr(sendfile, "POSSIBLE", False)
    return str(request.param)


async def get(live: Live, **headers: str) -> httpx2.Response:
    async with httpx2.AsyncClient(base_url=live.url, timeout=60) as client:
        return await client.get(PATH, headers=headers)


class TestRanges:
    async def test_all_of_it(self, settings: Settings, way: str) -> None:
        async with serve(settings) as live:
            content = offer(live.app)
            answer = await get(live)
            assert (answer.status_code, answer.content == BYTES) == (200, True), way
            assert answer.headers["etag"] == f'"{content.sha256}"'
            assert answer.headers["accept-ranges"] == "bytes"

    @pytest.mark.parametrize(
        ("asked", "start", "stop"),
        [
            ("bytes=0-0", 0, 1),
            ("bytes=100-", 100, SIZE),
            ("bytes=-100", SIZE - 100, SIZE),
            (f"bytes=5-{SIZE * 2}", 5, SIZE),
            (f"bytes=-{SIZE * 2}", 0, SIZE),
        ],
    )
    async def test_a_part(self, settings: Settings, way: str, asked: str, start: int, stop: int) -> None:
        async with serve(settings) as live:
            offer(live.app)
            answer = await get(live, Range=asked)
            assert (answer.status_code, answer.content == BYTES[start:stop]) == (206, True), way
            assert answer.headers["content-range"] == f"bytes {start}-{stop - 1}/{SIZE}"

    @pytest.mark.parametrize("asked", [f"bytes={SIZE}-", "bytes=-0"])
    async def test_a_part_behind_the_end(self, settings: Settings, asked: str) -> None:
        async with serve(settings) as live:
            offer(live.app)
            answer = await get(live, Range=asked)
            assert (answer.status_code, answer.json()["code"]) == (416, "range_not_satisfiable")
            assert answer.headers["content-range"] == f"bytes */{SIZE}"

    @pytest.mark.parametrize("asked", ["bytes=5-2", "bytes=-", "lines=1-2", "bytes=0-1,4-5", "nonsense"])
    async def test_what_is_no_single_range_is_answered_whole(self, settings: Settings, asked: str) -> None:
        async with serve(settings) as live:
            offer(live.app)
            assert (await get(live, Range=asked)).status_code == 200

    async def test_a_download_goes_on_only_with_the_same_file(self, settings: Settings) -> None:
        async with serve(settings) as live:
            content = offer(live.app)
            same = await get(live, Range="bytes=10-19", **{"If-Range": f'"{content.sha256}"'})
            assert (same.status_code, same.content) == (206, BYTES[10:20])
            other = await get(live, Range="bytes=10-19", **{"If-Range": '"another"'})
            assert (other.status_code, len(other.content)) == (200, SIZE)

    async def test_head_and_unchanged_send_nothing(self, settings: Settings) -> None:
        async with serve(settings) as live:
            content = offer(live.app)
            async with httpx2.AsyncClient(base_url=live.url) as client:
                head = await client.head(PATH)
                assert (head.status_code, head.headers["content-length"], head.content) == (200, str(SIZE), b"")
                unchanged = await client.get(PATH, headers={"If-None-Match": f'"{content.sha256}"'})
                assert (unchanged.status_code, unchanged.content) == (304, b"")
                # The connection is good for more.
                assert (await client.get(PATH)).content == BYTES

    async def test_nginx_is_told_where_the_file_is(self, settings: Settings) -> None:
        async with serve(settings.model_copy(update={"accel_redirect": "/content/"})) as live:
            content = offer(live.app)
            answer = await get(live, Range="bytes=0-9")
            assert answer.headers["x-accel-redirect"] == f"/content/{content.sha256[:2]}/{content.sha256}"
            assert (answer.status_code, answer.content) == (200, b"")

    async def test_content_that_is_gone_or_damaged_is_said(self, settings: Settings) -> None:
        app = create_app(settings)
        try:
            content = offer(app)
            path = app.state.runtime.part(content_store).path(content.sha256)
            os.truncate(path, 100)
            with pytest.raises(ContentMissing, match="damaged"):
                ContentResponse(app.state.runtime, content)
            path.unlink()
            with pytest.raises(ContentMissing, match="not on the server"):
                ContentResponse(app.state.runtime, content)
        finally:
            await app.state.runtime.close()


class TestClients:
    async def test_a_client_that_goes_away_costs_nothing(self, settings: Settings, way: str) -> None:
        async with serve(settings) as live:
            offer(live.app)
            host, _, port = live.url.removeprefix("http://").partition(":")
            before = open_files()
            for _ in range(10):
                reader, writer = await asyncio.open_connection(host, int(port), limit=1024)
                writer.write(f"GET {PATH} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
                await reader.readline()
                writer.transport.abort()
            assert (await get(live)).content == BYTES, way
            for _ in range(200):
                if open_files() <= before + 2:
                    break
                await asyncio.sleep(0.05)
            assert open_files() <= before + 2, way

    async def test_a_slow_client_gets_all_and_holds_up_nobody(self, settings: Settings, way: str) -> None:
        async with serve(settings) as live:
            offer(live.app)
            host, _, port = live.url.removeprefix("http://").partition(":")
            slow = [await asyncio.open_connection(host, int(port), limit=1024) for _ in range(sendfile.THREADS + 4)]
            for _reader, writer in slow:
                writer.write(f"GET {PATH} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
            await asyncio.sleep(0.5)
            assert (await asyncio.wait_for(get(live), 20)).content == BYTES, way
            body = (await slow[0][0].read()).partition(b"\r\n\r\n")[2]
            assert body == BYTES
            for _reader, writer in slow:
                writer.transport.abort()
