"""Images and drivers in a backup, made and put back as a shell does it."""

import asyncio
import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from deployflow.app.failures import ExitCode
from deployflow.identity.models import Tenant
from deployflow.platform.context import system_context
from deployflow.platform.db import Database
from deployflow.platform.settings import Settings, load_settings
from deployflow.platform.storage import ContentStore
from tests.conftest import BACKEND
from tests.factories import library
from tests.support.shell import Shell

IMAGE = b"an image" * 50_000
NOBODYS = b"nobody refers to this"


def keep(settings: Settings, content: bytes) -> Path:
    store = ContentStore(settings)
    with store.new_file() as file:
        file.write(content)
        return store.path(file.keep().sha256)


async def refer_to(settings: Settings, **fields: Any) -> None:
    database = Database(settings)
    async with database.read(system_context()) as session:
        tenant = await session.scalar(select(Tenant.id))
    assert tenant is not None
    await library.make_image(database, tenant, **fields)
    await database.close()


@pytest.fixture
def kept(installed: Shell) -> Path:
    """The content that an image of the installation refers to; beside it lies what nobody does."""
    settings = load_settings(data_dir=installed.data)
    file = keep(settings, IMAGE)
    keep(settings, NOBODYS)
    asyncio.run(refer_to(settings, content_sha256=file.name, content_bytes=len(IMAGE)))
    return file


def test_what_rows_refer_to_is_in_it_and_comes_back(installed: Shell, kept: Path, tmp_path: Path) -> None:
    file = tmp_path / "fleet.backup"
    assert installed("backup", file, "--json").json["content"] == {"files": 1, "bytes": len(IMAGE)}
    assert NOBODYS not in file.read_bytes()
    assert installed("restore", file, "--check").code == 0
    kept.unlink()
    assert installed("restore", file, "--force").code == 0
    assert kept.read_bytes() == IMAGE
    assert installed("restore", file, "--force").code == 0, "what is there already stays"


def test_it_may_be_left_out_of_either(installed: Shell, kept: Path, tmp_path: Path) -> None:
    whole, small = tmp_path / "fleet.backup", tmp_path / "small.backup"
    installed("backup", whole)
    said = installed("backup", small, "--without-content")
    assert "are not in it" in said.out
    assert IMAGE not in small.read_bytes()
    kept.unlink()
    assert installed("restore", small, "--force").code == 0
    assert installed("restore", whole, "--force", "--without-content").code == 0
    assert not kept.exists()


@pytest.mark.skipif(BACKEND != "sqlite", reason="compares the file that SQLite has")
def test_damaged_content_is_refused_before_anything_changes(installed: Shell, kept: Path, tmp_path: Path) -> None:
    file = tmp_path / "fleet.backup"
    installed("backup", file)
    kept.unlink()
    before = (installed.data / "deployflow.db").read_bytes()
    whole = file.read_bytes()
    member = whole.index(b"content/")
    for damaged in (whole.replace(b"an image", b"an imago", 1), whole[: member + 2000], whole[:member]):
        file.write_bytes(damaged)
        said = installed("restore", file, "--force")
        assert said.code == ExitCode.FAILED
        assert "take another one" in said.err
    assert not kept.exists()
    assert (installed.data / "deployflow.db").read_bytes() == before


def test_a_disk_without_room_says_so(installed: Shell, kept: Path, tmp_path: Path) -> None:
    file = tmp_path / "fleet.backup"
    installed("backup", file)
    kept.unlink()
    (installed.data / "deployflow.toml").write_text('disk_reserve = "900TiB"\n')
    said = installed("restore", file, "--force")
    assert said.code == ExitCode.FAILED
    assert "--without-content" in said.err


def test_a_backup_of_an_earlier_version_is_restored(installed: Shell, tmp_path: Path) -> None:
    file, earlier = tmp_path / "fleet.backup", tmp_path / "earlier.backup"
    installed("backup", file)
    with tarfile.open(file) as new, tarfile.open(earlier, "w") as old:
        opened = new.extractfile("manifest.json")
        assert opened is not None
        said = {**json.loads(opened.read()), "format": 1}
        del said["content"]
        member = tarfile.TarInfo("manifest.json")
        member.size = len(json.dumps(said))
        old.addfile(member, io.BytesIO(json.dumps(said).encode()))
        old.addfile(new.getmember("database"), new.extractfile("database"))
    assert installed("restore", earlier, "--force").code == 0
