"""A boot site with an environment whose files are stand-ins."""

import json
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select

from deployflow.boot.models import BootSite
from deployflow.platform.context import system_context
from deployflow.platform.db import Database
from deployflow.platform.settings import Settings
from tests.deployments.conftest import _agent_build, live, rack
from tests.support.clients import Clients

__all__ = ["_agent_build", "live", "rack"]

ENVIRONMENT_ID = "0123456789abcdef"


def make_environment(settings: Settings, *, kind: str = "linux", id: str = ENVIRONMENT_ID) -> Path:  # noqa: A002  its name
    """An environment as `deployflow boot build` leaves it, with a few bytes in each file."""
    names = {"linux": ["vmlinuz", "initrd.img"], "winpe": ["wimboot", "boot.wim", "boot.sdi", "BCD", "winpeshl.ini"]}
    folder = settings.data_dir / "boot" / id
    folder.mkdir(parents=True)
    files = {}
    for name in names[kind]:
        (folder / name).write_bytes(f"this is {name}".encode())
        files[name] = {"sha256": "0" * 64, "size_bytes": 8 + len(name)}
    (folder / "manifest.json").write_text(json.dumps({"id": id, "kind": kind, "files": files}))
    return folder


async def site_of(db: Database, tenant_id: UUID) -> BootSite:
    """The site that an organisation begins with, in a trusted network."""
    async with db.write(system_context()) as session:
        site = (await session.scalars(select(BootSite).where(BootSite.tenant_id == tenant_id))).one()
        # The tests speak plain HTTP, as machines in such a network do.
        site.trusted_network = True
        return site


@pytest.fixture
async def site(clients: Clients) -> BootSite:
    return await site_of(clients.db, clients.tenant_id)


@pytest.fixture
def environment(settings: Settings) -> Path:
    return make_environment(settings)
