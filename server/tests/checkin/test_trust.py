"""What a device is given depends on its key's state, at every moment and in every process (S-05 to S-07)."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from deployflow.actions import service as actions
from deployflow.app.simulation.client import AgentClient, Refused
from deployflow.checkin.held import Held
from deployflow.devices import service as devices
from deployflow.devices.models import Device
from deployflow.devices.presence import Presence
from deployflow.devices.states import DeviceState
from deployflow.platform import clock
from deployflow.platform.context import Actor, Context, system_context
from deployflow.platform.settings import Settings
from tests.checkin.conftest import MakeAgent
from tests.factories.fleet import make_token
from tests.support.live import Live, serve
from tests.support.machines import facts, inventory
from tests.support.routes import device_routes

CANARY = "canary-5ec2e7"


@pytest.fixture
def acting(tenant_id: UUID) -> Context:
    return Context(actor=Actor("user", None, "Ada"), tenant_id=tenant_id)


async def queue_canary(live: Live, acting: Context, device_id: UUID | None) -> str:
    assert device_id is not None
    async with live.app.state.db.write(acting) as session:
        order = await actions.queue(
            session,
            device_ids=[device_id],
            kind="run_script",
            payload={"language": "sh", "body": f"echo {CANARY}", "parameters": {}},
            may=lambda _permission: True,
            expires_in=timedelta(days=1),
        )
    return str(order.items[0].id)


async def refusal(call: Any) -> str:
    with pytest.raises(Refused) as caught:
        await call
    return caught.value.code


def messages(agent: AgentClient, action_id: str) -> Iterator[tuple[str, Any]]:
    """What a device may send, all of it about an action that is none of its business."""
    yield (
        "/agent/v1/check-in",
        {
            "boot_id": str(agent.boot_id),
            "run_id": str(agent.run_id),
            "receipt": agent.receipt,
            "agent_version": "0.1.0",
            "status": "busy",
            "inventory_hash": None,
            "running": [{"action_id": action_id, "fence": fence} for fence in (1,)],
            "free_slots": 16,
            "max_wait_s": 0,
        },
    )
    about = {"action_id": action_id, "fence": 1, "at": clock.now().isoformat().replace("+00:00", "Z")}
    yield (
        "/agent/v1/reports",
        {
            "reports": [
                {"type": "started", **about},
                {"type": "log", **about, "seq": 0, "stream": "out", "text": "x"},
                {
                    "type": "finished",
                    **about,
                    "outcome": "succeeded",
                    "exit_code": 0,
                    "error": None,
                    "log_chunks": 1,
                    "log_truncated": False,
                    "result": {},
                },
            ]
        },
    )
    yield "/agent/v1/inventory", {"hash": "0" * 64, "inventory": inventory()}
    yield "/agent/v1/enroll", {}
    yield (
        "/agent/v1/deployments/{deployment_id}/reports",
        {"reports": []},
    )
    yield "/agent/v1/actions/{action_id}/content/{sha256}", None


async def sweep(agent: AgentClient, action_id: str) -> None:
    """Send everything to every route of devices and read every answer."""
    contents = dict(messages(agent, action_id))
    routes = device_routes()
    assert {path for _method, path in routes} == set(contents), "a new route for devices: say here what it is sent"
    for method, path in routes:
        line = agent._main_line()
        target = path.format(deployment_id=uuid4(), action_id=action_id, sha256="0" * 64)
        content = b"" if contents[path] is None else json.dumps(contents[path]).encode()
        answer = await line.send(method, target, content)
        assert CANARY.encode() not in answer.body, path
        if "{" in path:
            assert answer.status == 403, (path, answer)
        if path == "/agent/v1/reports" and answer.status == 200:
            outcomes = {result["outcome"] for result in json.loads(answer.body)["results"]}
            assert outcomes <= {"unknown", "stale"}, outcomes


class TestPending:
    async def test_a_pending_device_gets_nothing_on_any_route(
        self, live: Live, make_agent: MakeAgent, acting: Context
    ) -> None:
        agent = await make_agent(DeviceState.PENDING, settled=False)
        action_id = await queue_canary(live, acting, agent.device_id)
        await sweep(agent, action_id)
        await sweep(agent, action_id)
        async with live.app.state.db.write(acting) as session:
            await devices.approve(session, agent.device_id)  # type: ignore[arg-type]
        answer = await agent.check_in(max_wait_s=5)
        assert CANARY in json.dumps(answer["actions"])

    async def test_a_key_that_claims_a_known_machine_gets_nothing_on_any_route(
        self, live: Live, acting: Context
    ) -> None:
        assert acting.tenant_id is not None
        _, text = await make_token(live.app.state.db, acting.tenant_id, max_uses=2)
        owner, thief = live.agent(), live.agent()
        assert await owner.enroll(text, facts(1, os_family="linux")) == "active"
        assert await thief.enroll(text, facts(1, os_family="linux")) == "pending"
        assert thief.device_id == owner.device_id
        action_id = await queue_canary(live, acting, owner.device_id)
        await sweep(thief, action_id)
        await thief.check_in(max_wait_s=0)
        await thief.check_in(max_wait_s=0)
        answer = await owner.check_in(max_wait_s=5)
        assert CANARY in json.dumps(answer["actions"])
        await sweep(thief, action_id)

    async def test_an_approval_ends_the_wait_of_the_held_call(
        self, live: Live, make_agent: MakeAgent, acting: Context
    ) -> None:
        agent = await make_agent(DeviceState.PENDING, settled=False)
        await agent.check_in(max_wait_s=0)
        await agent.check_in(max_wait_s=0)
        call = asyncio.create_task(agent.check_in(max_wait_s=50))
        await until_held(live)
        async with live.app.state.db.write(acting) as session:
            await devices.approve(session, agent.device_id)  # type: ignore[arg-type]
        answer = await asyncio.wait_for(call, 5)
        assert answer["device_state"] == "active"


class TestRevoked:
    async def test_a_held_call_ends_and_the_next_is_refused(
        self, live: Live, make_agent: MakeAgent, acting: Context
    ) -> None:
        agent = await make_agent()
        call = asyncio.create_task(agent.check_in(max_wait_s=50))
        await until_held(live)
        async with live.app.state.db.write(acting) as session:
            await devices.revoke(session, agent.device_id)  # type: ignore[arg-type]
        assert await refusal(asyncio.wait_for(call, 5)) == "device_revoked"
        assert await refusal(agent.check_in(max_wait_s=0)) == "device_revoked"


class TestClones:
    async def test_both_holders_of_a_key_are_out_at_once(self, live: Live, make_agent: MakeAgent) -> None:
        agent = await make_agent()
        clone = live.agent()
        clone.key, clone.receipt, clone.run_id = agent.key, agent.receipt, uuid4()
        call = asyncio.create_task(agent.check_in(max_wait_s=50))
        await until_held(live)
        await clone.check_in(max_wait_s=0)
        await clone.check_in(max_wait_s=0)
        assert await refusal(agent.check_in(max_wait_s=0)) == "device_quarantined"
        call.cancel()
        for one in (agent, clone):
            assert await refusal(one.check_in(max_wait_s=0)) == "device_quarantined"
        clone.close()


class TestADeadRun:
    async def test_its_late_call_takes_nothing_from_the_run_that_lives(
        self, live: Live, make_agent: MakeAgent, acting: Context
    ) -> None:
        agent = await make_agent()
        dead = live.agent()
        dead.key, dead.receipt, dead.run_id = agent.key, agent.receipt, agent.run_id
        dead.inventory_hash = agent.inventory_hash
        agent.restart()
        await agent.check_in(max_wait_s=0)
        action_id = await queue_canary(live, acting, agent.device_id)
        late = await dead.check_in(max_wait_s=50)
        assert (late["actions"], late["receipt"]) == ([], None)
        await dead.check_in(max_wait_s=50, status="stopping")
        await live.runtime.part(Presence).flush()
        assert (await device_of(live, agent)).online
        answer = await agent.check_in(max_wait_s=5)
        assert [(action["action_id"], action["fence"]) for action in answer["actions"]] == [(action_id, 1)]
        dead.close()


class TestPresence:
    async def test_a_stopping_agent_is_offline_before_it_has_its_answer(
        self, live: Live, make_agent: MakeAgent
    ) -> None:
        agent = await make_agent()
        await agent.check_in(max_wait_s=0)
        began = time.monotonic()
        await agent.check_in(max_wait_s=50, status="stopping")
        assert time.monotonic() - began < 5
        assert not (await device_of(live, agent)).online


class TestTwoProcesses:
    @pytest.fixture
    async def second(self, settings: Settings, live: Live) -> AsyncIterator[Live]:
        if live.app.state.db.is_sqlite:
            pytest.skip("SQLite has one process")
        async with serve(settings) as server:
            yield server

    async def test_a_device_revoked_at_one_is_refused_at_the_other_at_its_next_request(
        self, live: Live, second: Live, make_agent: MakeAgent, acting: Context
    ) -> None:
        agent = await make_agent()
        elsewhere = second.agent()
        elsewhere.key, elsewhere.receipt, elsewhere.run_id = agent.key, agent.receipt, agent.run_id
        elsewhere.inventory_hash = agent.inventory_hash
        await elsewhere.check_in(max_wait_s=0)
        held = asyncio.create_task(elsewhere.check_in(max_wait_s=50))
        await until_held(second)
        async with live.app.state.db.write(acting) as session:
            await devices.revoke(session, agent.device_id)  # type: ignore[arg-type]
        assert await refusal(asyncio.wait_for(held, 5)) == "device_revoked"
        assert await refusal(elsewhere.check_in(max_wait_s=0)) == "device_revoked"
        elsewhere.close()

    async def test_a_clone_at_the_other_process_is_found(self, second: Live, make_agent: MakeAgent) -> None:
        agent = await make_agent()
        await agent.check_in(max_wait_s=0)
        clone = second.agent()
        clone.key, clone.receipt = agent.key, agent.receipt
        await clone.check_in(max_wait_s=0)
        await clone.check_in(max_wait_s=0)
        await asyncio.sleep(0.5)
        assert await refusal(agent.check_in(max_wait_s=0)) == "device_quarantined"
        clone.close()


async def until_held(live: Live, count: int = 1) -> None:
    seats = live.runtime.part(Held).seats
    async with asyncio.timeout(20):
        while len(seats) < count:
            await asyncio.sleep(0.005)


async def device_of(live: Live, agent: AgentClient) -> Device:
    async with live.app.state.db.read(system_context()) as session:
        device = await session.get(Device, agent.device_id)
        assert device is not None
        return device
