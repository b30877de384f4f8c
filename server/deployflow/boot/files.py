"""Answers with large files: ranges, HEAD and a strong ETag, as far as starting machines and the agent need them."""

from pathlib import Path

from fastapi.responses import FileResponse

# Fewer turns of the loop for each gigabyte than Starlette's 64 KiB.
CHUNK_BYTES = 1024 * 1024


class FileAnswer(FileResponse):
    """A file of the server. `sha256` makes the ETag; without, it is made of time and size, as Starlette does."""

    chunk_size = CHUNK_BYTES
    max_ranges = 1

    def __init__(self, path: Path, *, sha256: str | None = None, headers: dict[str, str] | None = None) -> None:
        etag = {"ETag": f'"{sha256}"'} if sha256 else {}
        super().__init__(path, headers={**etag, **(headers or {})}, media_type="application/octet-stream")
