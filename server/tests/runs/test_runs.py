"""Runs: who does it, in which order, how many at a time, and how it ends."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from httpx2 import AsyncClient
from sqlalchemy import func, select, update

from deployflow.actions.models import Action
from deployflow.actions.tasks import Sweeps
from deployflow.audit.models import AuditEvent
from deployflow.devices.models import Device
from deployflow.devices.states import DeviceState
from deployflow.platform import clock
from deployflow.platform.context import system_context
from deployflow.platform.runtime import Runtime
from deployflow.runs import conducting
from deployflow.runs.errors import RunStateWrong
from deployflow.runs.models import Run
from deployflow.runs.states import TRANSITIONS, Event, RunState, advance
from tests.runs.conftest import ALL, PATH, Hands, Make
from tests.support.clients import Clients

Conduct = Callable[[], Awaitable[None]]
NOBODY = "00000000-0000-7000-8000-000000000000"
SH = {"language": "sh", "body": "exit 0\n", "parameters": {}}


async def start(client: AsyncClient, **order: Any) -> dict[str, Any]:
    answer = await client.post(PATH, json={"targets": ALL, "kind": "refresh_inventory", **order})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def run_of(client: AsyncClient, run: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = (await client.get(f"{PATH}/{run['id']}")).json()
    return found


def so_many(run: dict[str, Any]) -> dict[str, int]:
    return {name: count for name, count in run["progress"].items() if count}


async def set_online(clients: Clients, device_id: UUID, *, online: bool) -> None:
    async with clients.db.write(system_context()) as session:
        await session.execute(update(Device).where(Device.id == device_id).values(online=online))


class TestPreview:
    async def test_it_says_who_would_do_it_and_who_cannot(self, admin: AsyncClient, make: Make) -> None:
        await make(2)
        await make(1, online=False)
        await make(2, os_family="windows")
        await make(1, state=DeviceState.REVOKED)
        order = {"targets": ALL, "kind": "run_script", "payload": SH}
        preview = (await admin.post(f"{PATH}:preview", json=order)).json()
        assert (preview["matched"], preview["total"], preview["online"], preview["offline"]) == (6, 3, 2, 1)
        assert [(one["count"], one["examples"]) for one in preview["skipped"]] == [
            (2, ["PC-03", "PC-04"]),
            (1, ["PC-05"]),
        ]
        assert "Linux and macOS only" in preview["skipped"][0]["reason"]
        assert (await admin.get("/api/v1/actions")).json()["items"] == []
        run = await start(admin, kind="run_script", payload=SH)
        assert (run["total"], run["skipped"]) == (3, preview["skipped"])

    async def test_nobody_is_refused_with_the_reason(self, admin: AsyncClient, make: Make) -> None:
        order = {"targets": ALL, "kind": "run_script", "payload": SH}
        assert (await admin.post(f"{PATH}:preview", json=order)).json()["matched"] == 0
        answer = await admin.post(PATH, json=order)
        assert (answer.status_code, answer.json()["code"]) == (422, "nobody_meant")
        await make(2, os_family="windows")
        answer = await admin.post(PATH, json=order)
        assert (answer.status_code, answer.json()["code"]) == (422, "nobody_can_do_it")
        assert "None of the 2 devices" in answer.json()["detail"]
        assert (await admin.get(PATH)).json()["items"] == []

    @pytest.mark.parametrize(
        ("change", "status", "code"),
        [
            ({"kind": "dance"}, 422, "kind_unknown"),
            ({"kind": "run_script", "payload": {"language": "sh"}}, 422, "payload_invalid"),
            ({"targets": {"device_ids": [NOBODY]}}, 404, "devices_not_found"),
            ({"targets": {"group_ids": [NOBODY]}}, 404, "group_not_found"),
            ({"targets": {"filter": {"rules": [{"field": "x", "op": "eq", "value": 1}]}}}, 422, "filter_wrong"),
            ({"targets": {}}, 422, "invalid"),
            ({"at_most": 0}, 422, "invalid"),
            ({"stop_at_percent": 101}, 422, "invalid"),
        ],
        ids=str,
    )
    async def test_a_wrong_order_is_refused_whole(
        self, admin: AsyncClient, make: Make, change: dict[str, Any], status: int, code: str
    ) -> None:
        await make(1)
        answer = await admin.post(PATH, json={"targets": ALL, "kind": "refresh_inventory", **change})
        assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
        assert (await admin.get("/api/v1/actions")).json()["items"] == []


class TestRun:
    async def test_each_device_does_it_once_and_then_the_run_is_over(
        self, clients: Clients, admin: AsyncClient, make: Make, hands: Hands, conduct: Conduct
    ) -> None:
        ids = await make(3)
        room = (await admin.post("/api/v1/device-groups", json={"name": "Room", "device_ids": [str(ids[0])]})).json()
        # Meant three times over, it is done once.
        run = await start(admin, targets={**ALL, "device_ids": [str(ids[0])], "group_ids": [room["id"]]})
        assert so_many(run) == {"pending": 3}
        assert await hands.do(*ids[:2]) == sorted(ids[:2])
        assert await hands.do(*ids[:2]) == []
        await conduct()
        assert (await run_of(admin, run))["state"] == "running"
        await hands.do(ids[2])
        await conduct()
        over = await run_of(admin, run)
        assert (over["state"], so_many(over), over["ended_at"] is not None) == ("finished", {"succeeded": 3}, True)
        (listed,) = (await admin.get(PATH)).json()["items"]
        assert (listed["id"], so_many(listed)) == (run["id"], {"succeeded": 3})
        async with clients.db.read(system_context()) as session:
            verbs = list(await session.scalars(select(AuditEvent.verb)))
        assert verbs == ["device_group.created", "run.started"]

    async def test_a_device_that_is_off_catches_up_until_the_expiry(
        self, clients: Clients, admin: AsyncClient, make: Make, hands: Hands, conduct: Conduct, runtime: Runtime
    ) -> None:
        on, late, never = await make(3, online=False)
        run = await start(admin, expires_in_s=3600)
        assert run["progress"]["offline"] == 3
        await hands.do(on)
        await conduct()
        assert (await run_of(admin, run))["state"] == "running"
        await hands.do(late)
        async with clients.db.write(system_context()) as session:
            past = clock.now() - timedelta(seconds=1)
            await session.execute(update(Action).where(Action.device_id == never).values(expires_at=past))
        await runtime.part(Sweeps).sweep()
        await conduct()
        over = await run_of(admin, run)
        assert (over["state"], so_many(over)) == ("finished", {"succeeded": 2, "expired": 1})
        assert [(group["status"], group["examples"]) for group in over["failures"]] == [("expired", ["PC-02"])]
        assert await hands.do(never) == []

    async def test_what_failed_is_told_by_reason(
        self, admin: AsyncClient, make: Make, hands: Hands, conduct: Conduct
    ) -> None:
        ids = await make(6)
        run = await start(admin)
        for device_id in ids[:3]:
            await hands.do(device_id, outcome="failed", exit_code=2)
        error = {"code": "no_python", "message": "Python is not installed"}
        for device_id in ids[3:5]:
            await hands.do(device_id, outcome="failed", error=error)
        await hands.do(ids[5])
        await conduct()
        over = await run_of(admin, run)
        assert [(g["count"], g["code"], g["exit_code"], g["message"], g["examples"][0]) for g in over["failures"]] == [
            (3, None, 2, None, "PC-00"),
            (2, "no_python", None, "Python is not installed", "PC-03"),
        ]
        grid = (await admin.get(f"{PATH}/{run['id']}/grid")).json()
        assert (grid["statuses"], grid["hostnames"][0]) == ("fffffs", "PC-00")
        assert len(grid["action_ids"]) == 6
        assert (await admin.get(f"{PATH}/{run['id']}/grid?names=false")).json()["hostnames"] is None

    async def test_the_word_of_a_device_that_was_thought_lost_still_counts(
        self, clients: Clients, admin: AsyncClient, make: Make, hands: Hands, conduct: Conduct, runtime: Runtime
    ) -> None:
        (device_id,) = await make(1)
        run = await start(admin)
        (given,) = (await hands.fetch(device_id))[device_id]
        async with clients.db.write(system_context()) as session:
            past = clock.now() - timedelta(seconds=1)
            await session.execute(update(Action).values(status="running", lease_until=past))
        sweeps = Sweeps(runtime)
        sweeps._leases_from = clock.now()
        await sweeps.sweep()
        await conduct()
        assert so_many(await run_of(admin, run)) == {"interrupted": 1}
        await hands.finish(device_id, given)
        async with clients.db.write(system_context()) as session:
            await conducting.step(session, UUID(run["id"]))
        over = await run_of(admin, run)
        assert (over["state"], so_many(over)) == ("finished", {"succeeded": 1})


class TestSoManyAtATime:
    async def test_no_more_than_the_cap_work_at_once_in_the_order_asked_for(
        self, admin: AsyncClient, make: Make, hands: Hands, conduct: Conduct
    ) -> None:
        ids = await make(7)
        run = await start(admin, at_most=2)
        assert so_many(run) == {"held": 5, "pending": 2}
        done = []
        for _ in range(4):
            given = await hands.fetch(*ids)
            assert len(given) <= 2
            await conduct()
            assert await hands.fetch(*ids) == {}
            for device_id, deliveries in sorted(given.items()):
                await hands.finish(device_id, deliveries[0])
                done.append(device_id)
            await conduct()
        assert done == ids
        assert (await run_of(admin, run))["state"] == "finished"

    async def test_machines_that_are_off_use_up_no_place(
        self, clients: Clients, admin: AsyncClient, make: Make, hands: Hands, conduct: Conduct
    ) -> None:
        off = await make(3, online=False)
        on = await make(3)
        run = await start(admin, at_most=1)
        assert await hands.do(*off, *on) == [on[0]]
        await conduct()
        # This one goes before it took its turn: the next one gets it.
        await set_online(clients, on[1], online=False)
        await conduct()
        assert await hands.do(*off, *on) == [on[2]]
        await set_online(clients, off[0], online=True)
        await conduct()
        assert await hands.do(*off, *on) == [off[0]]
        assert so_many(await run_of(admin, run)) == {"held": 3, "offline": 3, "succeeded": 3}

    async def test_it_stops_when_too_many_fail_and_what_began_goes_on(
        self, clients: Clients, admin: AsyncClient, make: Make, hands: Hands, conduct: Conduct
    ) -> None:
        ids = await make(20)
        run = await start(admin, at_most=12, stop_at_percent=30)
        given = await hands.fetch(*ids)
        began = sorted(given)
        for number, device_id in enumerate(began[:10]):
            await hands.finish(device_id, given[device_id][0], "failed" if number < 3 else "succeeded")
            if number == 2:
                await conduct()
                assert (await run_of(admin, run))["state"] == "running"
        await conduct()
        stopped = await run_of(admin, run)
        assert (stopped["state"], stopped["ended_at"]) == ("stopped", None)
        assert stopped["state_reason"] == "3 of 10 failed, and it was to stop at 30 %"
        assert so_many(stopped) == {"succeeded": 7, "failed": 3, "leased": 2, "cancelled": 8}
        assert await hands.fetch(*ids) == {}
        for device_id in began[10:]:
            await hands.finish(device_id, given[device_id][0])
        await conduct()
        assert (await run_of(admin, run))["ended_at"] is not None
        async with clients.db.read(system_context()) as session:
            assert "run.stopped" in set(await session.scalars(select(AuditEvent.verb)))


class TestCancelAndAgain:
    async def test_cancelling_hands_nothing_out_any_more(
        self, admin: AsyncClient, make: Make, hands: Hands, conduct: Conduct
    ) -> None:
        ids = await make(4)
        run = await start(admin, at_most=3)
        given = await hands.fetch(ids[0])
        cancelled = (await admin.post(f"{PATH}/{run['id']}/cancel")).json()
        assert cancelled["state"] == "cancelled"
        # Before the conductor came: the mark alone keeps it back.
        assert await hands.fetch(*ids[1:]) == {}
        await conduct()
        assert so_many(await run_of(admin, run)) == {"leased": 1, "cancelled": 3}
        answer = await admin.post(f"{PATH}/{run['id']}/cancel")
        assert (answer.status_code, answer.json()["code"]) == (409, "run_state_wrong")
        await hands.finish(ids[0], given[ids[0]][0], "cancelled")
        await conduct()
        over = await run_of(admin, run)
        assert (over["state"], so_many(over), over["ended_at"] is not None) == ("cancelled", {"cancelled": 4}, True)

    async def test_what_failed_is_done_again_as_a_new_run(
        self, admin: AsyncClient, make: Make, hands: Hands, conduct: Conduct
    ) -> None:
        ids = await make(3)
        script = {"name": "Tidy", "language": "sh", "body": "exit 1\n"}
        made = (await admin.post("/api/v1/scripts", json=script)).json()
        run = await start(admin, kind="run_script", payload={"script_id": made["id"]}, stop_at_percent=90)
        answer = await admin.post(f"{PATH}/{run['id']}/retry")
        assert (answer.status_code, answer.json()["code"]) == (409, "run_state_wrong")
        await hands.do(ids[0])
        await hands.do(*ids[1:], outcome="failed", exit_code=1)
        await conduct()
        again = (await admin.post(f"{PATH}/{run['id']}/retry")).json()
        assert (again["total"], again["retry_of"], again["stop_at_percent"]) == (2, run["id"], 90)
        assert await hands.do(*ids) == sorted(ids[1:])
        await conduct()
        answer = await admin.post(f"{PATH}/{again['id']}/retry")
        assert (answer.status_code, answer.json()["code"]) == (409, "nothing_to_retry")

    async def test_an_order_can_be_given_again_as_it_was(self, admin: AsyncClient, make: Make) -> None:
        await make(2)
        run = await start(admin, kind="run_script", payload=SH, order="recent", at_most=1, expires_in_s=7200)
        order = (await admin.get(f"{PATH}/{run['id']}/order")).json()
        assert (order["at_most"], order["order"], order["expires_in_s"]) == (1, "recent", 7200)
        copy = (await admin.post(PATH, json=order)).json()
        assert (copy["title"], copy["total"], copy["at_most"]) == (run["title"], 2, 1)


class TestMany:
    async def test_two_conductors_at_once_keep_to_the_cap(
        self, clients: Clients, admin: AsyncClient, make: Make, hands: Hands, conduct: Conduct
    ) -> None:
        """Two processes on one database; on SQLite two turns of one."""
        ids = await make(30)
        run = await start(admin, at_most=4)
        seen = 0
        while seen < 30:
            given = await hands.fetch(*ids)
            assert len(given) <= 4
            seen += len(given)
            for device_id, deliveries in given.items():
                await hands.finish(device_id, deliveries[0])
            await asyncio.gather(conduct(), conduct(), conduct())
            async with clients.db.read(system_context()) as session:
                out = select(func.count()).where(Action.status.in_(["pending", "leased", "running"]), ~Action.held)
                assert (await session.scalar(out) or 0) <= 4
        await conduct()
        assert so_many(await run_of(admin, run)) == {"succeeded": 30}

    async def test_more_than_a_run_takes_is_refused_with_the_number(
        self, admin: AsyncClient, make: Make, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await make(4)
        monkeypatch.setattr("deployflow.runs.choosing.MAX_DEVICES", 3)
        answer = await admin.post(PATH, json={"targets": ALL, "kind": "refresh_inventory"})
        assert (answer.status_code, answer.json()["code"]) == (422, "too_many_devices")
        assert "matches 4 devices" in answer.json()["detail"]


@pytest.mark.parametrize("event", list(Event))
@pytest.mark.parametrize("state", list(RunState))
def test_a_jump_that_the_table_does_not_know_is_refused(state: RunState, event: Event) -> None:
    sources, target = TRANSITIONS[event]
    if state in sources:
        assert advance(state, event) == target
    else:
        with pytest.raises(RunStateWrong):
            advance(state, event)


async def test_a_run_belongs_to_its_tenant_and_goes_with_it(clients: Clients, admin: AsyncClient, make: Make) -> None:
    await make(1)
    run = await start(admin)
    other = await clients.signed_in("actions:read", "actions:cancel", tenant_id=clients.other_tenant_id)
    assert (await other.get(f"{PATH}/{run['id']}")).json()["code"] == "run_not_found"
    assert (await other.get(PATH)).json()["items"] == []
    async with clients.db.read(system_context()) as session:
        assert (await session.scalars(select(Run.tenant_id))).all() == [clients.tenant_id]
