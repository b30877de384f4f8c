"""Sends a file to `/api/v1/uploads`, as a tus client does."""

import base64
from typing import Any

from httpx2 import AsyncClient

CHUNK = {"Content-Type": "application/offset+octet-stream", "Tus-Resumable": "1.0.0"}


def announcing(size: int, *, purpose: str = "image", file_name: str = "file.iso") -> dict[str, str]:
    """Headers of the request that makes an upload."""
    said = {"purpose": purpose, "filename": file_name}
    pairs = [f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in said.items()]
    return {"Tus-Resumable": "1.0.0", "Upload-Length": str(size), "Upload-Metadata": ",".join(pairs)}


async def announce(client: AsyncClient, size: int, **said: str) -> dict[str, Any]:
    """Make an upload; nothing of it is sent."""
    answer = await client.post("/api/v1/uploads", headers=announcing(size, **said))
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def upload(client: AsyncClient, content: bytes, **said: str) -> str:
    """Send a whole file; gives the upload's id."""
    made = await announce(client, len(content), **said)
    answer = await client.patch(
        f"/api/v1/uploads/{made['id']}", content=content, headers={**CHUNK, "Upload-Offset": "0"}
    )
    assert answer.status_code == 204, answer.text
    assert answer.headers["Upload-Offset"] == str(len(content))
    return str(made["id"])
