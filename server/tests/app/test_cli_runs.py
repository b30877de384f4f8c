"""`deployflow run`, on an installation of its own."""

import asyncio
from pathlib import Path

from sqlalchemy import select

from deployflow.app.failures import ExitCode
from deployflow.identity.models import Tenant
from deployflow.platform.context import system_context
from deployflow.platform.db import Database
from deployflow.platform.settings import Settings
from tests.factories.fleet import make_device
from tests.support.shell import Shell


async def _two_devices(data: Path) -> None:
    db = Database(Settings(data_dir=data))
    async with db.read(system_context()) as session:
        tenant_id = (await session.scalars(select(Tenant.id))).one()
    await make_device(db, tenant_id, hostname="lin-1", os_family="linux", online=True)
    await make_device(db, tenant_id, hostname="win-1", os_family="windows")
    await db.close()


def test_a_run_is_previewed_started_shown_and_cancelled(installed: Shell, tmp_path: Path) -> None:
    asyncio.run(_two_devices(installed.data))
    file = tmp_path / "tidy.sh"
    file.write_text("exit 0\n")
    command = ("run", "script", "--file", str(file), "--where", "hostname ends_with -1")
    preview = installed(*command, "--dry-run")
    assert "1 devices, 1 of them online" in preview.out
    assert "1 left out: sh scripts run on Linux and macOS only" in preview.out
    assert "There are none" in installed("run", "list").err
    started = installed(*command, "--at-most", "1", "--json")
    assert (started.code, started.json["total"]) == (0, 1)
    assert "sh script" in installed("run", "show", started.json["id"]).out
    assert installed("run", "cancel", started.json["id"], "--json").json["state"] == "cancelled"
    assert installed("run", "retry", started.json["id"]).code == ExitCode.REFUSED
    assert "cancelled" in installed("run", "list").out


def test_a_run_for_nobody_is_refused_with_a_sentence(installed: Shell, tmp_path: Path) -> None:
    file = tmp_path / "tidy.sh"
    file.write_text("exit 0\n")
    said = installed("run", "script", "--file", str(file), "--where", "hostname eq nobody")
    assert (said.code, "No device matches" in said.err) == (ExitCode.USAGE, True)
    said = installed("run", "script", "--file", str(file))
    assert (said.code, "say where to run it" in said.err) == (ExitCode.USAGE, True)
