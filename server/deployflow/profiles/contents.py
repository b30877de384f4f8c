"""How a plan names a file of the content store."""

from typing import Any


def content(sha256: str, size_bytes: int | None) -> dict[str, Any]:
    """A file by its hash, and where machines fetch it."""
    return {"sha256": sha256, "size_bytes": size_bytes or 0, "path": f"/boot/v1/content/{sha256}"}
