import asyncio
import shutil
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from httpx2 import AsyncClient

from deployflow.platform.settings import Settings
from tests.support.clients import Clients
from tests.support.jobs import finish_jobs
from tests.support.uploading import upload


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    """With an import folder."""
    folder = tmp_path / "import"
    folder.mkdir()
    return settings.model_copy(update={"import_dir": folder})


@pytest.fixture
async def admin(clients: Clients) -> AsyncClient:
    return await clients.signed_in("images:read", "images:write")


@pytest.fixture(autouse=True)
def _programs() -> None:
    for program in ("wimlib-imagex", "7z", "genisoimage"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not here. Install it with: sudo scripts/install-system-packages")


class Library:
    """Imports images as an administrator and waits for them."""

    def __init__(self, app: FastAPI, admin: AsyncClient) -> None:
        self.app = app
        self.admin = admin

    async def begin(self, **body: Any) -> dict[str, Any]:
        answer = await self.admin.post("/api/v1/image-imports", json={"name": "Windows 11", **body})
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    async def upload(self, file: Path | bytes, **body: Any) -> dict[str, Any]:
        """Upload a file and have it imported; gives the image as it is then."""
        content = file if isinstance(file, bytes) else await asyncio.to_thread(file.read_bytes)
        return await self.finish(await self.begin(upload_id=await upload(self.admin, content), **body))

    async def finish(self, image: dict[str, Any]) -> dict[str, Any]:
        await finish_jobs(self.app)
        return await self.get(image)

    async def get(self, image: dict[str, Any]) -> dict[str, Any]:
        answer = await self.admin.get(f"/api/v1/images/{image['id']}")
        found: dict[str, Any] = answer.json()
        return found


@pytest.fixture
def library(app: FastAPI, admin: AsyncClient) -> Library:
    return Library(app, admin)
