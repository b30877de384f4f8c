"""Loaders and environments as files."""

import os
from pathlib import Path

import pytest
from fastapi import FastAPI

from deployflow.platform.settings import Settings
from tests.boot.conftest import ENVIRONMENT_ID
from tests.support.booting import open_client


@pytest.mark.usefixtures("environment")
class TestFiles:
    async def test_a_file_comes_whole_in_ranges_and_by_head(self, app: FastAPI, environment: Path) -> None:
        content = os.urandom(3_000_000)
        (environment / "initrd.img").write_bytes(content)
        url = f"/boot/v1/environments/{ENVIRONMENT_ID}/initrd.img"
        async with open_client(app) as client:
            whole = await client.get(url)
            assert whole.content == content
            assert whole.headers["etag"] == f'"{"0" * 64}"'
            head = await client.head(url)
            assert (head.status_code, head.content) == (200, b"")
            assert head.headers["content-length"] == "3000000"
            part = await client.get(url, headers={"Range": "bytes=1000000-1999999", "If-Range": head.headers["etag"]})
            assert (part.status_code, part.content) == (206, content[1_000_000:2_000_000])
            rest = await client.get(url, headers={"Range": "bytes=2999990-"})
            assert rest.content == content[-10:]
            assert (await client.get(url, headers={"Range": "bytes=9999999-"})).status_code == 416
            stale = await client.get(url, headers={"Range": "bytes=0-9", "If-Range": '"other"'})
            assert stale.status_code == 200

    @pytest.mark.parametrize(
        "path",
        [
            "environments/{id}/manifest.json",
            "environments/{id}/../../keys/boot",
            "environments/{id}/..%2f..%2fkeys%2fboot",
            "environments/../keys/boot",
            "environments/{id}.new/vmlinuz",
            "environments/%2e%2e/vmlinuz",
            "loaders/manifest.json",
            "loaders/..%2f..%2fdeployflow.db",
            "loaders/nonsense.efi",
            "environments/ffffffffffffffff/vmlinuz",
        ],
    )
    async def test_only_named_files_are_served(self, app: FastAPI, path: str) -> None:
        """S-50."""
        async with open_client(app) as client:
            answer = await client.get(f"/boot/v1/{path.format(id=ENVIRONMENT_ID)}")
        assert answer.status_code == 404
        assert answer.json()["code"] in {"boot_environment_missing", "not_found"}

    async def test_a_loader_is_served_for_http_boot(self, app: FastAPI, settings: Settings) -> None:
        folder = settings.data_dir / "boot" / "loaders"
        folder.mkdir(parents=True)
        (folder / "ipxe.efi").write_bytes(b"loader")
        async with open_client(app) as client:
            assert (await client.get("/boot/v1/loaders/ipxe.efi")).content == b"loader"
            assert (await client.head("/boot/v1/loaders/ipxe.efi")).headers["content-length"] == "6"
