"""Imports by address: from a web server that behaves, and from some that do not."""

import asyncio
import hashlib
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from fastapi import FastAPI
from httpx2 import AsyncClient

from deployflow.images import fetching
from deployflow.platform.settings import Settings
from tests.factories import media
from tests.images.conftest import Library


@dataclass
class Behaviour:
    """How the web server answers.

    Attributes:
        breaks_after: Each answer's connection is cut after so many bytes.
    """

    content: bytes = b""
    etag: str | None = '"first"'
    breaks_after: int | None = None
    ranges: bool = True
    status: int | None = None
    says_length: bool = True
    ranges_asked: list[str | None] = field(default_factory=list)


class WebServer(ThreadingHTTPServer):
    behaviour: Behaviour

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/path/Windows%2011.wim?x=1"


class Handler(BaseHTTPRequestHandler):
    server: WebServer
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        how = self.server.behaviour
        asked = self.headers.get("Range")
        how.ranges_asked.append(asked)
        if how.status is not None:
            self.send_response(how.status)
            self.send_header("Location", "https://elsewhere.example/w.iso")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        start = 0
        if asked and how.ranges and self.headers.get("If-Range") == how.etag:
            match = re.match(r"bytes=(\d+)-$", asked)
            assert match is not None
            start = int(match[1])
        if start and start >= len(how.content):
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{len(how.content)}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.send_response(206 if start else 200)
        if how.etag:
            self.send_header("ETag", how.etag)
        if how.says_length:
            self.send_header("Content-Length", str(len(how.content) - start))
        else:
            self.send_header("Connection", "close")
        self.end_headers()
        stop = len(how.content) if how.breaks_after is None else min(len(how.content), start + how.breaks_after)
        self.wfile.write(how.content[start:stop])
        self.close_connection = True

    def log_message(self, *_args: object) -> None:
        pass


@pytest.fixture
def web() -> Iterator[WebServer]:
    server = WebServer(("127.0.0.1", 0), Handler)
    server.behaviour = Behaviour(content=media.make_wim().read_bytes())
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """That may fetch from this machine."""
    return settings.model_copy(update={"fetch_allowed": ["127.0.0.1"]})


@pytest.fixture(autouse=True)
def _without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "PAUSE_S", 0.01)


async def fetched(library: Library, web: WebServer, **body: Any) -> dict[str, Any]:
    return await library.finish(await library.begin(url=web.url, **body))


class TestGoodServers:
    async def test_an_address_becomes_an_image(self, library: Library, web: WebServer) -> None:
        image = await fetched(library, web)
        assert (image["state"], image["download_url"]) == ("ready", web.url)
        assert image["importing"]["file_name"] == "Windows 11.wim"
        assert image["checksum"] == hashlib.sha256(web.behaviour.content).hexdigest()

    async def test_one_that_does_not_say_how_much_comes(self, library: Library, web: WebServer) -> None:
        web.behaviour.says_length = False
        assert (await fetched(library, web))["state"] == "ready"


class TestBadLines:
    async def test_a_download_that_breaks_off_goes_on_where_it_was(self, library: Library, web: WebServer) -> None:
        web.behaviour.breaks_after = 300_000
        image = await fetched(library, web)
        assert image["state"] == "ready"
        asked = web.behaviour.ranges_asked
        assert asked[0] is None
        assert len(asked) >= 4
        assert all(one is not None for one in asked[1:])

    @pytest.mark.parametrize("change", [{"ranges": False}, {"etag": None}])
    async def test_where_it_cannot_go_on_it_begins_again(
        self, library: Library, web: WebServer, change: dict[str, Any]
    ) -> None:
        whole = len(web.behaviour.content)
        web.behaviour = Behaviour(content=web.behaviour.content, breaks_after=whole - 10, **change)
        stopped = await library.begin(url=web.url)

        async def mend() -> None:
            while len(web.behaviour.ranges_asked) < 2:
                await asyncio.sleep(0.01)
            web.behaviour.breaks_after = None

        mending = asyncio.create_task(mend())
        assert (await library.finish(stopped))["state"] == "ready"
        await mending

    async def test_a_file_that_changed_meanwhile_is_not_mixed(self, library: Library, web: WebServer) -> None:
        web.behaviour.breaks_after = 300_000
        other = media.make_wim((media.PRO,)).read_bytes()
        begun = await library.begin(url=web.url, sha256=hashlib.sha256(other).hexdigest())

        async def swap() -> None:
            while len(web.behaviour.ranges_asked) < 2:
                await asyncio.sleep(0.01)
            web.behaviour = Behaviour(content=other, etag='"second"')

        swapping = asyncio.create_task(swap())
        image = await library.finish(begun)
        await swapping
        assert (image["state"], image["importing"]["error_message"]) == ("ready", None)

    async def test_a_line_that_never_gets_further_is_given_up_and_a_retry_goes_on(
        self, library: Library, web: WebServer, admin: AsyncClient
    ) -> None:
        web.behaviour.breaks_after = 0
        image = await fetched(library, web)
        assert image["importing"]["error_code"] == "download_failed"
        assert "retry" in image["importing"]["error_message"]
        web.behaviour.breaks_after = None
        await admin.post(f"/api/v1/image-imports/{image['importing']['id']}:retry")
        assert (await library.finish(image))["state"] == "ready"

    @pytest.mark.parametrize(
        ("status", "code", "word"),
        [
            (404, "download_failed", "404"),
            (302, "url_redirected", "elsewhere.example"),
            (500, "download_failed", "500"),
        ],
    )
    async def test_another_answer_is_passed_on(
        self, library: Library, web: WebServer, status: int, code: str, word: str
    ) -> None:
        web.behaviour.status = status
        image = await fetched(library, web)
        assert image["importing"]["error_code"] == code
        assert word in image["importing"]["error_message"]

    async def test_a_file_beyond_the_limit_is_not_fetched(self, app: FastAPI, library: Library, web: WebServer) -> None:
        object.__setattr__(app.state.runtime.settings, "upload_limit", 1000)
        for says_length in (True, False):
            web.behaviour.says_length = says_length
            image = await fetched(library, web, name=f"Length said: {says_length}")
            assert image["importing"]["error_code"] == "body_too_large"

    async def test_a_server_that_is_not_there_is_said(self, library: Library, web: WebServer) -> None:
        gone = web.url.replace(str(web.server_address[1]), "1")
        image = await library.finish(await library.begin(url=gone))
        assert image["importing"]["error_code"] == "download_failed"


class TestRefused:
    @pytest.mark.parametrize("url", ["ftp://a.example/x.iso", "https://user:secret@a.example/x.iso", "nonsense"])
    async def test_what_is_no_address_for_us_is_refused_at_once(self, admin: AsyncClient, url: str) -> None:
        answer = await admin.post("/api/v1/image-imports", json={"name": "A", "url": url})
        assert (answer.status_code, answer.json()["code"]) == (422, "source_wrong")
        assert "secret" not in answer.text

    async def test_an_inner_address_is_named_with_the_setting_that_opens_it(
        self, app: FastAPI, library: Library
    ) -> None:
        object.__setattr__(app.state.runtime.settings, "fetch_allowed", [])
        image = await library.finish(await library.begin(url="https://169.254.169.254/latest/meta-data"))
        assert image["importing"]["error_code"] == "url_refused"
        assert "DEPLOYFLOW_FETCH_ALLOWED" in image["importing"]["error_message"]
