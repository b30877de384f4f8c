"""Serves the exported console: a table of the files there are, made once, so no path of a client touches a disk.

FastAPI's own frontend support was tried first: it looks paths up on the disk for each request, sets no
Cache-Control, does not compress, and knows nothing of the content security policy that belongs to a page.
"""

import asyncio
import base64
import gzip
import hashlib
import mimetypes
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import Receive, Scope, Send

from deployflow.platform.settings import Settings

# The file's name has its hash, so what it holds never changes.
IMMUTABLE = "public, max-age=31536000, immutable"
# Kept by the browser but asked for each time: the answer is mostly 304.
REVALIDATE = "no-cache"
COMPRESSIBLE = ("text/", "application/javascript", "application/json", "application/manifest+json", "image/svg+xml")
# Below this a packet is a packet.
MIN_COMPRESSED = 1024
NOT_BUILT = (
    "The console is not part of this installation. In a checkout, `make up` builds it.\n"
    "The API answers at /api/v1, its description is at /api/docs.\n"
)
_INLINE_SCRIPT = re.compile(rb"<script(?![^>]*\ssrc=)[^>]*>(.*?)</script>", re.DOTALL | re.IGNORECASE)
_PACKAGE = Path(__file__).resolve().parents[1]
_PLACES = (_PACKAGE / "_console", _PACKAGE.parents[1] / "console" / "out")


def find_console(settings: Settings) -> Path | None:
    """The export's folder: as set, inside the wheel, or beside the server in a checkout."""
    places = (settings.console_dir,) if settings.console_dir else _PLACES
    return next((place for place in places if (place / "index.html").is_file()), None)


def page_policy(html: bytes) -> str:
    """The content security policy of one page: its own inline scripts by their hash, everything else from us."""
    scripts = sorted({_sha256(script) for script in _INLINE_SCRIPT.findall(html)})
    return content_policy(scripts=scripts)


def content_policy(*, scripts: Iterable[str] = ()) -> str:
    """A policy that lets a page load from this server only."""
    return "; ".join(
        (
            "default-src 'self'",
            " ".join(("script-src 'self'", *scripts)),
            # The editor and React write styles; a style can start no program, and no address here takes one away.
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data:",
            "connect-src 'self'",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )


def _sha256(script: bytes) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(script).digest()).decode()}'"


@dataclass(slots=True)
class _Asset:
    """A file ready to be sent; read and compressed when first asked for."""

    file: Path
    kind: str
    cache: str
    plain: bytes | None = None
    packed: bytes | None = None
    etag: str = ""
    policy: str | None = None

    def load(self) -> None:
        body = self.file.read_bytes()
        self.etag = f'W/"{hashlib.sha256(body).hexdigest()[:32]}"'
        if self.kind.startswith("text/html"):
            self.policy = page_policy(body)
        if len(body) >= MIN_COMPRESSED and self.kind.startswith(COMPRESSIBLE):
            self.packed = gzip.compress(body, 9, mtime=0)
        self.plain = body


class Console:
    """The ASGI application that answers whatever no route has taken."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._assets: dict[str, _Asset] = {}
        self._built_at = 0
        self._read_folder()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["state"]["route"] = "console"
        response = await self._answer(scope)
        await response(scope, receive, send)

    async def _answer(self, scope: Scope) -> Response:
        if scope["method"] not in {"GET", "HEAD"}:
            return PlainTextResponse("Only GET and HEAD.\n", 405, {"Allow": "GET, HEAD"})
        self._read_folder()
        if self._folder is None:
            return PlainTextResponse(NOT_BUILT, 404)
        path: str = scope["path"]
        asset = self._assets.get(path)
        if asset is None and path + "/" in self._assets:
            query = f"?{scope['query_string'].decode('latin-1')}" if scope["query_string"] else ""
            return RedirectResponse(quote(path) + "/" + query, 308)
        status = 200
        if asset is None:
            asset, status = self._assets.get("/404.html"), 404
        if asset is None:
            return PlainTextResponse("There is no such page.\n", status)
        if asset.plain is None:
            try:
                await asyncio.to_thread(asset.load)
            except FileNotFoundError:
                return PlainTextResponse("The console is being built anew: try again in a moment.\n", 503)
        return _response(asset, Headers(scope=scope), status)

    def _read_folder(self) -> None:
        """Make the table; again when a checkout was built anew."""
        if self._folder is None:
            return
        try:
            built_at = (self._folder / "index.html").stat().st_mtime_ns
        except FileNotFoundError:
            return
        if built_at == self._built_at:
            return
        self._built_at = built_at
        self._assets = dict(_found(self._folder))


def _found(folder: Path) -> Iterable[tuple[str, _Asset]]:
    for file in folder.rglob("*"):
        if not file.is_file() or file.is_symlink():
            continue
        path = "/" + file.relative_to(folder).as_posix()
        kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        if kind == "text/javascript":
            kind = "application/javascript"
        if kind.startswith("text/"):
            kind += "; charset=utf-8"
        asset = _Asset(file=file, kind=kind, cache=IMMUTABLE if path.startswith("/_next/static/") else REVALIDATE)
        yield path, asset
        if file.name == "index.html":
            yield path.removesuffix("index.html"), asset


def _response(asset: _Asset, asked: Headers, status: int) -> Response:
    headers = {"ETag": asset.etag, "Cache-Control": asset.cache, "Vary": "Accept-Encoding"}
    if asset.policy is not None:
        headers["Content-Security-Policy"] = asset.policy
    if status == 200 and asset.etag in asked.get("if-none-match", ""):  # noqa: PLR2004
        return Response(status_code=304, headers=headers)
    body = asset.plain
    if asset.packed is not None and "gzip" in asked.get("accept-encoding", ""):
        body = asset.packed
        headers["Content-Encoding"] = "gzip"
    return Response(body, status, headers, media_type=asset.kind)
