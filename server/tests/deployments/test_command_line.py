"""`deployflow deployment approve` beside a server that runs: the machine hears of it at once."""

import asyncio
import os
import sys
from pathlib import Path

from tests.support.deploying import Rack


async def command(rack: Rack, *arguments: str) -> tuple[int, str, str]:
    settings = rack.live.runtime.settings
    environment = {
        **os.environ,
        "DEPLOYFLOW_DATA_DIR": str(settings.data_dir),
        "DEPLOYFLOW_AGENTS_DIR": str(settings.data_dir / "agents"),
        **({"DEPLOYFLOW_DATABASE_URL": settings.database_url} if settings.database_url else {}),
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "deployflow", "deployment", *arguments),
        env=environment,
        cwd=Path(__file__).parents[2],
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()


async def test_a_machine_that_waits_is_approved_by_its_code(rack: Rack) -> None:
    machine = rack.machine()
    await machine.begin()
    code, out, err = await command(rack, "waiting")
    assert (code, machine.code in out) == (0, True), err
    waiting = asyncio.create_task(machine.wait())
    said = await command(rack, "approve", machine.code.lower(), "--profile", "Office PC")
    assert said == (0, "Approved: HQ-0001.\n", ""), said
    async with asyncio.timeout(20):
        assert await waiting == "approved"
    assert machine.plan is not None
