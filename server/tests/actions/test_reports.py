"""What devices report, and what the ledger makes of it."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, update

from deployflow.actions.models import Action, ActionLog
from deployflow.platform import clock
from deployflow.platform.context import system_context
from deployflow.platform.runtime import Runtime
from tests.actions.conftest import Queue, lease, row
from tests.actions.reports import finished, leased, log, send, started
from tests.factories import fleet
from tests.support.clients import Clients
from tests.support.machines import Machine


async def chunks(runtime: Runtime, action_id: UUID) -> list[tuple[int, str, str]]:
    async with runtime.db.read(system_context()) as session:
        found = await session.scalars(select(ActionLog).where(ActionLog.action_id == action_id).order_by(ActionLog.seq))
        return [(chunk.seq, chunk.stream, chunk.text) for chunk in found]


async def test_a_whole_life_is_kept(runtime: Runtime, machine: Machine, queue: Queue, clients: Clients) -> None:
    action_id = await leased(runtime, machine, queue)
    outcomes = await send(
        machine,
        started(action_id),
        log(action_id, 0, "Grüße\n"),
        log(action_id, 1, "bad\r\n", stream="err"),
        finished(action_id, "failed", exit_code=3, log_chunks=2, error={"code": "non_zero_exit", "message": "Code 3."}),
    )
    assert outcomes == ["accepted"] * 4
    reader = await clients.signed_in("actions:read")
    action = (await reader.get(f"/api/v1/actions/{action_id}")).json()
    assert (action["status"], action["exit_code"], action["reason"]) == ("failed", 3, "Code 3.")
    assert [step["status"] for step in action["timeline"]] == ["pending", "leased", "running", "failed"]
    page = (await reader.get(f"/api/v1/actions/{action_id}/log")).json()
    assert [chunk["text"] for chunk in page["chunks"]] == ["Grüße\n", "bad\r\n"]
    assert (page["complete"], page["next_seq"], page["truncated"]) == (True, 1, False)
    text = await reader.get(f"/api/v1/actions/{action_id}/log.txt")
    assert text.text == "Grüße\nbad\r\n"
    assert text.headers["content-type"] == "text/plain; charset=utf-8"


async def test_everything_sent_again_is_a_duplicate(runtime: Runtime, machine: Machine, queue: Queue) -> None:
    action_id = await leased(runtime, machine, queue)
    reports = [started(action_id), log(action_id, 0), log(action_id, 1), finished(action_id, log_chunks=2)]
    assert await send(machine, *reports) == ["accepted"] * 4
    before = await row(runtime, action_id)
    again = await send(machine, log(action_id, 0), log(action_id, 1), finished(action_id, log_chunks=2))
    assert again == ["duplicate"] * 3
    after = await row(runtime, action_id)
    assert (after.changes, after.log_bytes, after.timeline) == (before.changes, before.log_bytes, before.timeline)


async def test_the_same_chunk_twice_in_one_call_is_kept_once(runtime: Runtime, machine: Machine, queue: Queue) -> None:
    action_id = await leased(runtime, machine, queue)
    assert await send(machine, log(action_id, 0), log(action_id, 0)) == ["accepted", "duplicate"]
    assert (await row(runtime, action_id)).log_bytes == 6


async def test_another_devices_action_is_unknown(
    runtime: Runtime, machine: Machine, queue: Queue, clients: Clients
) -> None:
    action_id = await leased(runtime, machine, queue)
    stranger = Machine(app=clients.app, number=2)
    await fleet.make_device(clients.db, clients.tenant_id, machine=stranger)
    assert await send(stranger, started(action_id), finished(action_id), finished(uuid4())) == ["unknown"] * 3
    assert (await row(runtime, action_id)).status == "leased"


async def test_one_bad_report_does_not_stop_the_others(runtime: Runtime, machine: Machine, queue: Queue) -> None:
    action_id = await leased(runtime, machine, queue)
    assert await send(machine, finished(uuid4()), started(action_id)) == ["unknown", "accepted"]


async def test_an_older_hand_out_to_another_run_is_stale(runtime: Runtime, machine: Machine, queue: Queue) -> None:
    (action_id,) = await queue(machine.device_id)
    await lease(runtime, machine.device_id)
    await lease(runtime, machine.device_id)
    assert (await row(runtime, action_id)).fence == 2
    assert await send(machine, finished(action_id, fence=1), started(action_id, fence=3)) == ["stale", "unknown"]
    assert await send(machine, finished(action_id, fence=2)) == ["accepted"]


async def test_two_hand_outs_to_the_same_run_are_one_execution(
    runtime: Runtime, machine: Machine, queue: Queue
) -> None:
    (action_id,) = await queue(machine.device_id)
    run_id = uuid4()
    await lease(runtime, machine.device_id, run_id=run_id)
    async with runtime.db.write(system_context()) as session:
        await session.execute(update(Action).values(leased_at=clock.now() - timedelta(seconds=10)))
    (again,) = await lease(runtime, machine.device_id, run_id=run_id)
    assert again.fence == 2
    assert (
        await send(machine, started(action_id, fence=1), log(action_id, 0, fence=1), finished(action_id, fence=1))
        == ["accepted"] * 3
    )


@pytest.mark.parametrize("outcome", ["succeeded", "failed", "timed_out", "cancelled", "expired", "interrupted"])
async def test_every_reported_end_is_the_end(runtime: Runtime, machine: Machine, queue: Queue, outcome: str) -> None:
    action_id = await leased(runtime, machine, queue)
    assert await send(machine, finished(action_id, outcome)) == ["accepted"]
    other = "failed" if outcome == "succeeded" else "succeeded"
    assert await send(machine, finished(action_id, other)) == ["duplicate"]
    action = await row(runtime, action_id)
    assert (action.status, action.presumed, action.lease_until) == (outcome, False, None)


class TestOutputLimits:
    async def test_output_beyond_the_limit_is_dropped_with_a_clear_mark(
        self, runtime: Runtime, machine: Machine, queue: Queue
    ) -> None:
        action_id = await leased(runtime, machine, queue)
        async with runtime.db.write(system_context()) as session:
            await session.execute(update(Action).values(log_limit_bytes=1000, log_bytes=1000 + 64 * 1024 - 10))
        assert await send(machine, log(action_id, 0, "x" * 9), log(action_id, 1), log(action_id, 2)) == ["accepted"] * 3
        kept = await chunks(runtime, action_id)
        assert [(seq, stream) for seq, stream, _text in kept] == [(0, "out"), (1, "agent")]
        assert kept[1][2].startswith("The server keeps no more than 66536 bytes")
        assert (await row(runtime, action_id)).log_truncated

    async def test_a_chunk_larger_than_allowed_is_malformed(
        self, runtime: Runtime, machine: Machine, queue: Queue
    ) -> None:
        action_id = await leased(runtime, machine, queue)
        answer = await machine.send("POST", "/agent/v1/reports", {"reports": [log(action_id, 0, "ü" * 8193)]})
        assert (answer.status_code, answer.json()["code"]) == (422, "malformed")
        assert await send(machine, log(action_id, 0, "ü" * 8192)) == ["accepted"]

    async def test_characters_that_no_database_keeps_are_replaced(
        self, runtime: Runtime, machine: Machine, queue: Queue
    ) -> None:
        action_id = await leased(runtime, machine, queue)
        body = b'{"reports":[%b]}' % (
            b'{"type":"log","action_id":"%b","fence":1,"at":"2026-11-23T21:17:34Z","seq":0,"stream":"out",'
            b'"text":"a\\u0000b"}' % str(action_id).encode()
        )
        answer = await machine.send("POST", "/agent/v1/reports", body)
        assert answer.status_code == 200, answer.text
        assert (await chunks(runtime, action_id))[0][2] == "a\N{SYMBOL FOR NULL}b"
        assert await send(machine, finished(action_id, result={"a\x00": ["\x00"]})) == ["accepted"]


class TestLogPages:
    async def test_a_follower_never_skips_a_chunk_that_is_still_on_its_way(
        self, runtime: Runtime, machine: Machine, queue: Queue, clients: Clients
    ) -> None:
        action_id = await leased(runtime, machine, queue)
        reader = await clients.signed_in("actions:read")
        await send(machine, log(action_id, 0), log(action_id, 2))
        page = (await reader.get(f"/api/v1/actions/{action_id}/log")).json()
        assert [chunk["seq"] for chunk in page["chunks"]] == [0]
        await send(machine, log(action_id, 1))
        page = (await reader.get(f"/api/v1/actions/{action_id}/log?after_seq={page['next_seq']}")).json()
        assert [chunk["seq"] for chunk in page["chunks"]] == [1, 2]
        assert page["complete"] is False

    async def test_it_is_complete_when_all_that_was_printed_is_here(
        self, runtime: Runtime, machine: Machine, queue: Queue, clients: Clients
    ) -> None:
        action_id = await leased(runtime, machine, queue)
        reader = await clients.signed_in("actions:read")
        await send(machine, log(action_id, 0), finished(action_id, log_chunks=2))
        assert (await reader.get(f"/api/v1/actions/{action_id}/log")).json()["complete"] is False
        assert await send(machine, log(action_id, 1)) == ["accepted"]
        page = (await reader.get(f"/api/v1/actions/{action_id}/log?limit=1")).json()
        assert (page["complete"], page["next_seq"]) == (False, 0)
        page = (await reader.get(f"/api/v1/actions/{action_id}/log?after_seq=0")).json()
        assert (page["complete"], page["next_seq"]) == (True, 1)


class TestBadInput:
    @pytest.mark.parametrize(
        ("body", "status", "code"),
        [
            (b"{", 400, "bad_request"),
            (b"[" * 50 + b"]" * 50, 400, "bad_request"),
            (b'{"reports":[],"colour":1}', 422, "malformed"),
            (b'{"reports":[{"type":"painted"}]}', 422, "malformed"),
            (b'{"reports":[' + b",".join([b'{"type":"started"}'] * 201) + b"]}", 422, "malformed"),
        ],
    )
    async def test_it_is_refused_with_a_problem(self, machine: Machine, body: bytes, status: int, code: str) -> None:
        answer = await machine.send("POST", "/agent/v1/reports", body)
        assert (answer.status_code, answer.json()["code"]) == (status, code)

    async def test_a_body_too_large_is_refused(self, machine: Machine) -> None:
        answer = await machine.send("POST", "/agent/v1/reports", b" " * (1024 * 1024 + 1))
        assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")

    async def test_an_unknown_field_names_its_place(self, machine: Machine) -> None:
        report = {**started(uuid4()), "colour": "red"}
        answer = await machine.send("POST", "/agent/v1/reports", {"reports": [report]})
        assert answer.json()["errors"][0]["loc"][-1] == "colour"
