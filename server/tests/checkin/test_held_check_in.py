"""What a held check-in does, over a real socket and a real clock."""

import asyncio
import time
from datetime import timedelta
from uuid import UUID

import pytest

from deployflow.actions import service as actions
from deployflow.actions.models import Action
from deployflow.actions.tasks import Sweeps
from deployflow.app.simulation.client import Refused
from deployflow.checkin import held
from deployflow.checkin.held import Held
from deployflow.checkin.seats import Seats
from deployflow.devices.states import DeviceState
from deployflow.platform import clock
from deployflow.platform.context import Actor, Context
from deployflow.platform.ids import new_id
from tests.checkin.conftest import MakeAgent
from tests.support.live import Live

# Far less than the 50 s of a held call, and enough for a machine that has other things to do; the benchmark measures.
PROMPT_S = 10


async def queue(live: Live, tenant_id: UUID, *device_ids: UUID | None, kind: str = "refresh_inventory") -> list[str]:
    context = Context(actor=Actor("user", None, "Ada"), tenant_id=tenant_id)
    async with live.app.state.db.write(context) as session:
        order = await actions.queue(
            session,
            device_ids=[device_id for device_id in device_ids if device_id],
            kind=kind,
            payload={},
            may=lambda _permission: True,
            expires_in=timedelta(days=1),
        )
    return [str(item.id) for item in order.items]


async def until_held(live: Live, count: int = 1) -> None:
    seats = live.runtime.part(Held).seats
    while len(seats) < count:
        await asyncio.sleep(0.005)


async def test_an_idle_check_in_is_held_for_as_long_as_it_asks(make_agent: MakeAgent) -> None:
    agent = await make_agent()
    began = time.monotonic()
    answer = await agent.check_in(max_wait_s=1)
    assert 0.95 <= time.monotonic() - began < PROMPT_S
    assert answer["actions"] == []
    assert answer["device_state"] == "active"


async def test_an_action_queued_meanwhile_is_handed_out_at_once(
    live: Live, make_agent: MakeAgent, tenant_id: UUID
) -> None:
    agent = await make_agent()
    call = asyncio.create_task(agent.check_in())
    await until_held(live)
    began = time.monotonic()
    (action_id,) = await queue(live, tenant_id, agent.device_id)
    answer = await call
    assert time.monotonic() - began < PROMPT_S
    (action,) = answer["actions"]
    assert (action["action_id"], action["fence"], action["kind"], action["payload"]) == (
        action_id,
        1,
        "refresh_inventory",
        {},
    )


async def test_an_action_whose_wake_up_was_lost_is_handed_out_within_minutes(
    live: Live, make_agent: MakeAgent, tenant_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when the process that queued it is killed between its commit and its NOTIFY."""
    agent = await make_agent()
    assert (await agent.check_in(max_wait_s=0))["actions"] == []
    with monkeypatch.context() as lost:
        lost.setattr(live.runtime.wakeups, "publish", lambda *_told: None)
        (action_id,) = await queue(live, tenant_id, agent.device_id)
    assert (await agent.check_in(max_wait_s=0))["actions"] == []
    monkeypatch.setattr(Seats, "CLEAN_FOR_S", 0.0)
    assert [action["action_id"] for action in (await agent.check_in(max_wait_s=0))["actions"]] == [action_id]


def test_a_mark_lasts_no_longer_than_two_generations(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    seats, busy, idle = Seats(), new_id(), new_id()
    seats.mark_clean(seats.sit(idle))
    for step in range(8):
        now = 1000.0 + step * Seats.CLEAN_FOR_S / 2
        seats.mark_clean(seats.sit(busy))
        assert seats.is_clean(busy)
        assert seats.is_clean(idle) == (step < 4)
    seats.there_is_work([str(busy)])
    assert not seats.is_clean(busy)


async def test_a_newer_call_releases_the_older_one(live: Live, make_agent: MakeAgent) -> None:
    agent = await make_agent()
    older = asyncio.create_task(agent.check_in())
    await until_held(live)
    twin = live.agent()
    twin.key, twin.run_id, twin.receipt = agent.key, agent.run_id, agent.receipt
    twin.inventory_hash = agent.inventory_hash
    newer = asyncio.create_task(twin.check_in(max_wait_s=1))
    answer = await asyncio.wait_for(older, PROMPT_S)
    assert answer["actions"] == []
    assert (await newer)["actions"] == []
    twin.close()


async def test_one_that_hangs_up_leaves_nothing_and_gets_nothing(
    live: Live, make_agent: MakeAgent, tenant_id: UUID
) -> None:
    agent = await make_agent()
    call = asyncio.create_task(agent.check_in())
    await until_held(live)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    for _ in range(100):
        if not len(live.runtime.part(Held).seats):
            break
        await asyncio.sleep(0.01)
    assert len(live.runtime.part(Held).seats) == 0
    await queue(live, tenant_id, agent.device_id)
    answer = await agent.check_in(max_wait_s=0)
    assert [action["fence"] for action in answer["actions"]] == [1]


async def test_a_stopping_server_answers_everybody_and_spreads_their_return(live: Live, make_agent: MakeAgent) -> None:
    agents = [await make_agent() for _ in range(20)]
    calls = [asyncio.create_task(agent.check_in()) for agent in agents]
    await until_held(live, 20)
    began = time.monotonic()
    live.runtime.drain.start()
    answers = await asyncio.gather(*calls)
    assert time.monotonic() - began < PROMPT_S
    assert {answer["next_check_in_s"] for answer in answers} <= {0, 1, 2, 3}
    assert len({answer["next_check_in_s"] for answer in answers}) > 1


async def test_a_running_action_is_cancelled_through_the_held_call_and_not_told_in_a_loop(
    live: Live, make_agent: MakeAgent, tenant_id: UUID
) -> None:
    agent = await make_agent()
    (action_id,) = await queue(live, tenant_id, agent.device_id)
    (action,) = (await agent.check_in(max_wait_s=0))["actions"]
    await agent.report([{"type": "started", "action_id": action_id, "fence": 1, "at": "2026-11-23T21:17:34Z"}])
    call = asyncio.create_task(agent.check_in(running={action_id: action["fence"]}))
    await until_held(live)
    context = Context(actor=Actor("user", None, "Ada"), tenant_id=tenant_id)
    async with live.app.state.db.write(context) as session:
        await actions.cancel(session, UUID(action_id))
    assert (await asyncio.wait_for(call, PROMPT_S))["cancel"] == [action_id]
    began = time.monotonic()
    again = await agent.check_in(running={action_id: action["fence"]}, max_wait_s=1)
    assert time.monotonic() - began > 0.9
    assert again["cancel"] == [action_id]


async def test_a_cancel_that_the_device_knows_nothing_of_is_told_once_and_then_concluded(
    live: Live, make_agent: MakeAgent, tenant_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(held, "SAY_AGAIN_S", 0.5)
    agent = await make_agent()
    (action_id,) = await queue(live, tenant_id, agent.device_id)
    await agent.check_in(max_wait_s=0)
    await agent.report([{"type": "started", "action_id": action_id, "fence": 1, "at": "2026-11-23T21:17:34Z"}])
    context = Context(actor=Actor("user", None, "Ada"), tenant_id=tenant_id)
    async with live.app.state.db.write(context) as session:
        await actions.cancel(session, UUID(action_id))
    assert (await agent.check_in(max_wait_s=0))["cancel"] == [action_id]
    assert (await agent.check_in(max_wait_s=2))["cancel"] == []
    monkeypatch.setattr(live.runtime.part(Sweeps), "_leases_from", clock.now())
    await live.runtime.part(Sweeps).sweep()
    async with live.app.state.db.read(context) as session:
        action = await session.get_one(Action, UUID(action_id))
        assert (action.status, action.presumed, action.error_code) == ("interrupted", True, "lost_contact")
        assert "cancelled" in action.error_message


async def test_an_answer_that_got_lost_is_given_again_under_a_new_fence(
    live: Live, make_agent: MakeAgent, tenant_id: UUID
) -> None:
    agent = await make_agent()
    (action_id,) = await queue(live, tenant_id, agent.device_id)
    await agent.check_in(max_wait_s=0)
    began = time.monotonic()
    answer = await agent.check_in(max_wait_s=40)
    assert 1 < time.monotonic() - began < 2 * PROMPT_S
    assert [(action["action_id"], action["fence"]) for action in answer["actions"]] == [(action_id, 2)]


async def test_a_pending_device_is_held_and_woken_by_nothing_but_its_approval(
    live: Live, make_agent: MakeAgent, tenant_id: UUID
) -> None:
    agent = await make_agent(DeviceState.PENDING, settled=False)
    await agent.check_in(max_wait_s=0)
    await agent.check_in(max_wait_s=0)
    await queue(live, tenant_id, agent.device_id)
    began = time.monotonic()
    answer = await agent.check_in(max_wait_s=1)
    assert time.monotonic() - began > 0.9
    assert (answer["device_state"], answer["actions"], answer["next_check_in_s"]) == ("pending", [], 15)


async def test_an_unknown_field_is_refused(make_agent: MakeAgent) -> None:
    agent = await make_agent()
    with pytest.raises(Refused) as refused:
        await agent._main_line().call("POST", "/agent/v1/check-in", {"colour": "red"})
    assert (refused.value.status, refused.value.code) == (422, "malformed")
