"""Two server processes on one PostgreSQL: what one is told, the other delivers."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import httpx2
import pytest

from deployflow.app.simulation.client import AgentClient, Connection, ServerAddress, _Wire
from deployflow.devices.models import Device, DeviceKey
from deployflow.platform.context import system_context
from deployflow.platform.db import Database
from deployflow.platform.ids import new_id
from deployflow.platform.settings import Settings
from tests.conftest import BACKEND
from tests.factories import identity as people
from tests.support.server import ServerProcess

pytestmark = pytest.mark.skipif(BACKEND != "postgresql", reason="SQLite has one server process")
HASH = "ab" * 32
_ask = _Wire.ask


@dataclass
class Pair:
    """Both processes, and a device they know."""

    one: ServerProcess
    other: ServerProcess
    agent: AgentClient
    api_key: str

    async def queue_at_the_other(self) -> str:
        async with httpx2.AsyncClient(
            base_url=self.other.url, headers={"Authorization": f"Bearer {self.api_key}"}, timeout=30
        ) as client:
            answer = await client.post(
                "/api/v1/actions", json={"device_ids": [str(self.agent.device_id)], "kind": "refresh_inventory"}
            )
        assert answer.status_code == 201, answer.text
        action_id: str = answer.json()["items"][0]["id"]
        return action_id


@pytest.fixture
async def pair(settings: Settings, tmp_path: Path) -> AsyncIterator[Pair]:
    url = settings.database_url
    with (
        ServerProcess(data_dir=tmp_path / "one", database_url=url) as one,
        ServerProcess(data_dir=tmp_path / "other", database_url=url) as other,
    ):
        agent = AgentClient(ServerAddress.of(one.url), device_id=new_id(), inventory_hash=HASH)
        db = Database(settings)
        tenant = await people.make_tenant(db)
        await _add_device(db, tenant.id, agent)
        user = await people.signed_in_user(db, tenant.id, "actions:run")
        key = await people.make_api_key(db, tenant.id, user.user_id, "actions:run")
        await db.close()
        await agent.check_in(max_wait_s=0)
        await agent.check_in(max_wait_s=0)
        yield Pair(one, other, agent, key)
        agent.close()


async def _add_device(db: Database, tenant_id: UUID, agent: AgentClient) -> None:
    async with db.write(system_context()) as session:
        session.add(
            Device(
                id=agent.device_id,
                tenant_id=tenant_id,
                hostname="PC-1",
                state="active",
                key_protection="file",
                inventory_hash=HASH,
            )
        )
        await session.flush()
        session.add(
            DeviceKey(
                tenant_id=tenant_id,
                device_id=agent.device_id,
                thumbprint=agent.key.keyid,
                public_key=agent.key.spki,
                protection="file",
                state="active",
                claims={},
            )
        )


async def test_a_check_in_held_by_one_is_woken_by_an_order_at_the_other(pair: Pair) -> None:
    await pair.queue_at_the_other()
    for action in (await pair.agent.check_in(max_wait_s=0))["actions"]:
        await pair.agent.report([_finished(action)])
    call = asyncio.create_task(pair.agent.check_in())
    await asyncio.sleep(1)
    assert not call.done()
    began = time.monotonic()
    action_id = await pair.queue_at_the_other()
    answer = await asyncio.wait_for(call, 20)
    assert [action["action_id"] for action in answer["actions"]] == [action_id]
    assert time.monotonic() - began < 20


async def test_a_call_held_longer_than_a_flush_is_still_handed_its_action(pair: Pair) -> None:
    call = asyncio.create_task(pair.agent.check_in())
    await asyncio.sleep(7)
    await pair.queue_at_the_other()
    assert len((await asyncio.wait_for(call, 20))["actions"]) == 1


async def test_a_captured_check_in_gets_nothing_from_the_other_process(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What one process was asked, replayed at the other, finds its nonce spent as soon as there is something to get."""
    captured: list[bytes] = []
    body = {
        "boot_id": str(pair.agent.boot_id),
        "run_id": str(pair.agent.run_id),
        "receipt": pair.agent.receipt,
        "agent_version": "0.1.0",
        "status": "idle",
        "inventory_hash": HASH,
        "running": [],
        "free_slots": 4,
        "max_wait_s": 0,
    }
    connection = Connection(ServerAddress.of(pair.one.url), pair.agent.key)
    await pair.queue_at_the_other()
    with monkeypatch.context() as patch:
        patch.setattr(_Wire, "ask", lambda wire, request: captured.append(request) or _ask(wire, request))
        assert (await connection.call("POST", "/agent/v1/check-in", body))["actions"]
    connection.abort()
    # The thief reaches the other process under the same name, as behind one proxy.
    _transport, thief = await asyncio.get_running_loop().create_connection(_Wire, "127.0.0.1", pair.other.port)
    await pair.queue_at_the_other()
    answer = await thief.ask(captured[0])
    assert b'"action_id"' not in answer.body
    assert (answer.status, b'"replayed"' in answer.body) == (401, True)


def _finished(action: dict[str, object]) -> dict[str, object]:
    return {
        "type": "finished",
        "action_id": action["action_id"],
        "fence": action["fence"],
        "at": "2026-11-23T21:17:34Z",
        "outcome": "succeeded",
    }
