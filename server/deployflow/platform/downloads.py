"""Answers with content: whole or in ranges, resumable, and without copying it through this process where that works.

`return ContentResponse(runtime, content)` is all an endpoint says, for GET and HEAD alike.
"""

import os
import re
from collections.abc import Awaitable, Callable
from pathlib import Path

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from deployflow.platform.errors import NotFound, Problem
from deployflow.platform.pacing import SLICE_BYTES, Pace
from deployflow.platform.runtime import Runtime
from deployflow.platform.storage import CHUNK_BYTES, Content, content_store
from deployflow.platform.threads import in_thread

SEND_FILE = "deployflow.send_file"
"""Where a server that can send from file to socket by itself leaves its `SendFile` in a request's scope."""
SendFile = Callable[[int, int, int], Awaitable[None]]
_RANGE = re.compile(r"^bytes=(\d*)-(\d*)$")


class ContentMissing(NotFound):
    code = "content_missing"
    title = "This file is not on the server any more: import it again"


class RangeNotSatisfiable(Problem):
    status = 416
    code = "range_not_satisfiable"
    title = "The file ends before this range begins"


class ContentResponse(Response):
    """A file of the content store. Its ETag is its hash, so a download that broke off goes on with If-Range."""

    def __init__(
        self,
        runtime: Runtime,
        content: Content,
        *,
        media_type: str = "application/octet-stream",
        headers: dict[str, str] | None = None,
        pace: Pace | None = None,
    ) -> None:
        """Raises ContentMissing (404) when it is not there, or not whole. `pace` holds the sending back."""
        self._content = content
        self._pace = pace
        self._path = runtime.part(content_store).path(content.sha256)
        self._accel = runtime.settings.accel_redirect
        _require_whole(self._path, content)
        super().__init__(media_type=media_type, headers={**(headers or {}), "Accept-Ranges": "bytes"})
        del self.headers["content-length"]
        self.headers["etag"] = f'"{content.sha256}"'
        self.headers.setdefault("cache-control", "no-cache")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002  ASGI's signature
        asked = Headers(scope=scope)
        size = self._content.size_bytes
        start, stop = 0, size
        if _matches(asked.get("if-none-match"), self.headers["etag"]):
            self.status_code = 304
        elif self._accel is not None:
            # nginx reads the range, the validators and the method itself.
            if self._pace is not None and self._pace.per_second is not None:
                self.headers["x-accel-limit-rate"] = str(self._pace.per_second)
            self.headers["x-accel-redirect"] = f"{self._accel}{self._content.sha256[:2]}/{self._content.sha256}"
        else:
            wanted = _range(asked, self.headers["etag"], size)
            if wanted is not None:
                start, stop = wanted
                self.status_code = 206
                self.headers["content-range"] = f"bytes {start}-{stop - 1}/{size}"
            self.headers["content-length"] = str(stop - start)
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        if "content-length" in self.headers and scope["method"] != "HEAD":
            await self._send_body(scope, send, start, stop)
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _send_body(self, scope: Scope, send: Send, start: int, stop: int) -> None:
        opened = await in_thread(os.open, self._path, os.O_RDONLY)
        try:
            send_file: SendFile | None = scope.get(SEND_FILE)
            if send_file is not None:
                while start < stop:
                    count = stop - start if self._pace is None else min(SLICE_BYTES, stop - start)
                    if self._pace is not None:
                        await self._pace.take(count)
                    await send_file(opened, start, count)
                    start += count
                return
            while start < stop:
                part = await in_thread(os.pread, opened, min(CHUNK_BYTES, stop - start), start)
                if not part:
                    raise OSError(f"{self._path} is shorter than it was")
                if self._pace is not None:
                    await self._pace.take(len(part))
                await send({"type": "http.response.body", "body": part, "more_body": True})
                start += len(part)
        finally:
            os.close(opened)


def _require_whole(path: Path, content: Content) -> None:
    try:
        size = path.stat().st_size
    except FileNotFoundError:
        raise ContentMissing from None
    if size != content.size_bytes:
        raise ContentMissing("This file is damaged on the server: import it again")


def _range(asked: Headers, etag: str, size: int) -> tuple[int, int] | None:
    """The part that is asked for; None for all of it, also where several parts are, which we may answer whole."""
    given = asked.get("range")
    if given is None or asked.get("if-range", etag) != etag:
        return None
    match = _RANGE.match(given.replace(" ", ""))
    if match is None or match.groups() == ("", ""):
        return None
    first, last = match.groups()
    if first == "":
        start, stop = max(0, size - int(last)), size
    else:
        start = int(first)
        stop = min(size, int(last) + 1) if last else size
        if last and int(last) < start:
            return None
    if start >= size or start >= stop:
        raise RangeNotSatisfiable(headers={"Content-Range": f"bytes */{size}"})
    return start, stop


def _matches(given: str | None, etag: str) -> bool:
    return given is not None and (given.strip() == "*" or etag in (part.strip() for part in given.split(",")))
