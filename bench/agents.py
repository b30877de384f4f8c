"""One real agent, enrolled with a server and checked in."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import httpx2

from bench import machine
from bench.load import LoadFailed

ROOT = Path(__file__).resolve().parents[1]
DIST = ROOT / "agent" / "dist"
PROGRAM = DIST / "linux-x64" / "deployflow-agent"
sys.path.insert(0, str(ROOT / "e2e"))

if TYPE_CHECKING:
    from support.agent import AgentProcess

ONLINE_WITHIN = timedelta(seconds=30)


@asynccontextmanager
async def real_agent(client: httpx2.AsyncClient, folder: Path) -> "AsyncIterator[tuple[AgentProcess, str]]":
    """The agent and its device's id.

    Raises:
        LoadFailed: when it is not built, or does not come online.
    """
    if not PROGRAM.exists():
        raise LoadFailed(f"{PROGRAM.relative_to(ROOT)} is not built. Build it with: make agent")
    from support.agent import AgentProcess  # noqa: PLC0415  its folder is put on the path above

    answer = await client.post("/api/v1/enrollment-tokens", json={"name": "Bench", "auto_approve": True})
    if answer.status_code != httpx2.codes.CREATED:
        raise LoadFailed(f"{answer.status_code} {answer.text[:500]}")
    agent = AgentProcess(folder)
    device_id = agent.enroll(str(client.base_url).rstrip("/"), answer.json()["token"])
    with agent:
        assert agent.process is not None
        machine.pin(agent.process.pid, machine.LOAD_CORES)
        ends = time.monotonic() + ONLINE_WITHIN.total_seconds()
        while (await client.get(f"/api/v1/devices/{device_id}")).json()["status"] != "online":
            if time.monotonic() > ends:
                raise LoadFailed(f"the agent did not come online: {agent.said()[-2000:]}")
            await asyncio.sleep(0.1)
        yield agent, device_id
