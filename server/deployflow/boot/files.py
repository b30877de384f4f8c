"""Answers with files that lie beside the content store: loaders, boot environments, the agent's builds."""

from pathlib import Path

from starlette.responses import Response

from deployflow.platform.downloads import ContentResponse
from deployflow.platform.storage import Content


class FileAnswer(ContentResponse):
    """A file of the server, as content is answered. Without a known hash, its ETag is made of its time and size."""

    def __init__(self, path: Path, *, sha256: str | None = None) -> None:
        stat = path.stat()
        self._path = path
        self._content = Content(sha256 or f"{stat.st_mtime_ns:x}-{stat.st_size:x}", stat.st_size)
        # nginx knows the store's folder only.
        self._accel = None
        self._pace = None
        Response.__init__(self, media_type="application/octet-stream", headers={"Accept-Ranges": "bytes"})
        del self.headers["content-length"]
        self.headers["etag"] = f'"{self._content.sha256}"'
        self.headers["cache-control"] = "no-cache"
