import base64
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import unquote_to_bytes

import httpx2
import pytest
from starlette.types import Receive, Scope, Send

from deployflow.app.console import Console, page_policy

INLINE = b'self.__next_f.push([1,"x"])'
PAGE = (
    b"<!doctype html><html><head><script>"
    + INLINE
    + b'</script><script src="/_next/static/a.js"></script></head></html>'
)


@pytest.fixture
def exported(tmp_path: Path) -> Path:
    out = tmp_path / "out"
    for name, body in {
        "index.html": PAGE,
        "404.html": b"<!doctype html><h1>Nothing here</h1>",
        "devices/index.html": PAGE.replace(b"x", b"y"),
        "devices/detail/index.html": PAGE,
        "_next/static/a.js": b"export const a = 1;\n" * 200,
        "icon.svg": b"<svg/>",
    }.items():
        file = out / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(body)
    (tmp_path / "secret").write_text("not for the web")
    return out


@pytest.fixture
async def client(exported: Path) -> AsyncIterator[httpx2.AsyncClient]:
    console = Console(exported)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await console({**scope, "state": {}}, receive, send)

    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://console.test") as made:
        yield made


class TestPages:
    async def test_a_folder_is_its_index_page(self, client: httpx2.AsyncClient) -> None:
        answer = await client.get("/devices/detail/?id=1")
        assert (answer.status_code, answer.content) == (200, PAGE)
        assert answer.headers["content-type"] == "text/html; charset=utf-8"

    async def test_a_folder_without_its_slash_is_led_there_with_its_query(self, client: httpx2.AsyncClient) -> None:
        answer = await client.get("/devices/detail?id=1")
        assert (answer.status_code, answer.headers["location"]) == (308, "/devices/detail/?id=1")

    async def test_an_unknown_page_is_the_404_page(self, client: httpx2.AsyncClient) -> None:
        answer = await client.get("/nowhere/")
        assert answer.status_code == 404
        assert b"Nothing here" in answer.content

    async def test_no_path_leads_to_another_host(self, client: httpx2.AsyncClient) -> None:
        for path in ("//evil.example/", "//evil.example", "/\\evil.example", "/%2f%2fevil.example/"):
            answer = await client.get(f"http://console.test{path}")
            assert answer.status_code == 404, path

    async def test_other_methods_are_refused(self, client: httpx2.AsyncClient) -> None:
        assert (await client.post("/devices/")).status_code == 405

    async def test_a_rebuilt_console_is_seen_without_a_restart(
        self, client: httpx2.AsyncClient, exported: Path
    ) -> None:
        assert (await client.get("/new/")).status_code == 404
        (exported / "new").mkdir()
        (exported / "new" / "index.html").write_bytes(PAGE)
        (exported / "index.html").write_bytes(PAGE + b"<!-- built again -->")
        assert (await client.get("/new/")).status_code == 200


class TestTraversal:
    """S-50 for what the console serves: a path is looked up in a table and never on the disk."""

    @pytest.mark.parametrize(
        "path",
        [
            "/../secret",
            "/..%2fsecret",
            "/%2e%2e/secret",
            "/%2e%2e%2fsecret",
            "/..%252fsecret",
            "/....//secret",
            "/..\\secret",
            "/..%5csecret",
            "/devices/../../secret",
            "/devices/%2e%2e/%2e%2e/secret",
            "/_next/static/../../../secret",
            "//secret",
            "/./secret",
            "/secret%00.html",
            "/%c0%ae%c0%ae/secret",
            "/etc/passwd",
            "//etc/passwd",
            "/file:///etc/passwd",
            "/C:/Windows/win.ini",
            "/.git/config",
        ],
    )
    async def test_nothing_outside_the_export_is_served(self, exported: Path, path: str) -> None:
        status, body = await raw_get(Console(exported), path)
        assert status == 404
        assert b"not for the web" not in body
        assert b"root:" not in body

    async def test_a_link_out_of_the_export_is_not_followed(self, exported: Path) -> None:
        (exported / "link.txt").symlink_to(exported.parent / "secret")
        status, body = await raw_get(Console(exported), "/link.txt")
        assert (status, b"not for the web" in body) == (404, False)


class TestCaching:
    async def test_hashed_files_are_kept_for_good_and_pages_asked_for_again(self, client: httpx2.AsyncClient) -> None:
        assert "immutable" in (await client.get("/_next/static/a.js")).headers["cache-control"]
        page = await client.get("/")
        assert page.headers["cache-control"] == "no-cache"
        again = await client.get("/", headers={"If-None-Match": page.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")

    async def test_text_is_compressed_for_who_can_read_it(self, client: httpx2.AsyncClient) -> None:
        packed = await client.get("/_next/static/a.js", headers={"Accept-Encoding": "gzip"})
        plain = await client.get("/_next/static/a.js", headers={"Accept-Encoding": "identity"})
        assert packed.headers["content-encoding"] == "gzip"
        assert int(packed.headers["content-length"]) < len(plain.content) / 10
        assert packed.content == plain.content


class TestContentPolicy:
    async def test_a_page_may_run_its_own_inline_scripts_and_no_other(self, client: httpx2.AsyncClient) -> None:
        policy = (await client.get("/")).headers["content-security-policy"]
        digest = base64.b64encode(hashlib.sha256(INLINE).digest()).decode()
        assert f"script-src 'self' 'sha256-{digest}';" in policy
        assert "frame-ancestors 'none'" in policy
        scripts = next(part for part in policy.split("; ") if part.startswith("script-src"))
        assert "unsafe" not in scripts

    async def test_another_page_has_another_policy(self, client: httpx2.AsyncClient) -> None:
        one, other = await client.get("/"), await client.get("/devices/")
        assert one.headers["content-security-policy"] != other.headers["content-security-policy"]

    def test_scripts_that_are_loaded_need_no_hash(self) -> None:
        assert "sha256" not in page_policy(b'<script src="/a.js" async=""></script>')


async def raw_get(console: Console, path: str) -> tuple[int, bytes]:
    """GET with the path as an attacker wrote it: clients tidy it up before they send it."""
    scope: Scope = {
        "type": "http",
        "method": "GET",
        "path": unquote_to_bytes(path).decode("utf-8", "replace"),
        "query_string": b"",
        "headers": [(b"accept-encoding", b"identity")],
        "state": {},
    }
    status, parts = 0, []

    async def receive() -> dict[str, str]:
        return {"type": "http.disconnect"}

    async def send(message: dict[str, object]) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = int(str(message["status"]))
        else:
            parts.append(bytes(message.get("body", b"")))  # type: ignore[call-overload]

    await console(scope, receive, send)  # type: ignore[arg-type]
    return status, b"".join(parts)
