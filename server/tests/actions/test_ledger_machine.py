"""R-01: a server, a device with a journal, and a world that loses, repeats, delays and crashes.

What must hold whatever happens: nothing runs twice, no acknowledged result is lost or changed, output is what was
printed, and once everybody has talked to the end, the ledger says what the device's journal says.

`DEPLOYFLOW_LEDGER_EXAMPLES` sets how many lives are tried (25 unless told; a night takes 500).
"""

import asyncio
import os
from collections.abc import Coroutine
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar
from uuid import UUID, uuid4

from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from pydantic import TypeAdapter
from sqlalchemy import delete, select, update

from deployflow.actions import leasing, reporting, service
from deployflow.actions.leasing import Delivery, Sight, Visit
from deployflow.actions.models import Action, ActionLog
from deployflow.actions.reporting import Call, Receipt
from deployflow.actions.schemas import Report
from deployflow.actions.states import ENDED, Status
from deployflow.actions.tasks import Sweeps
from deployflow.app.registry import assemble
from deployflow.platform import clock
from deployflow.platform.context import system_context
from deployflow.platform.runtime import Runtime
from deployflow.platform.settings import Settings
from tests.actions.conftest import admin_context
from tests.factories import fleet
from tests.factories import identity as people

EXAMPLES = int(os.environ.get("DEPLOYFLOW_LEDGER_EXAMPLES", "25"))
STEPS = 40
SLOTS = 2
LEASE = timedelta(minutes=5)
REPORT: TypeAdapter[Any] = TypeAdapter(Report)
T = TypeVar("T")


@dataclass
class Entry:
    """A line of the agent's journal."""

    fence: int
    running: bool = False
    result: str | None = None
    printed: list[str] = field(default_factory=list)


@dataclass
class ModelAgent:
    """An agent as docs/agent-protocol.md promises it."""

    run_id: UUID = field(default_factory=uuid4)
    journal: dict[UUID, Entry] = field(default_factory=dict)
    accepted: dict[UUID, int] = field(default_factory=dict)
    outbox: list[dict[str, Any]] = field(default_factory=list)
    executions: dict[UUID, int] = field(default_factory=dict)

    def named(self) -> dict[UUID, int]:
        running = {action_id: entry.fence for action_id, entry in self.journal.items() if entry.running}
        return {**self.accepted, **running}

    def visit(self, device_id: UUID) -> Visit:
        return Visit(device_id, self.run_id, self.named(), max(0, SLOTS - len(self.named())))

    def receive(self, deliveries: list[Delivery], cancel: list[UUID]) -> None:
        for delivery in deliveries:
            entry = self.journal.get(delivery.action_id)
            if entry is None:
                self.accepted[delivery.action_id] = delivery.fence
            elif entry.running:
                entry.fence = delivery.fence
            else:
                entry.fence = delivery.fence
                self.end(delivery.action_id, entry.result or "interrupted")
        for action_id in cancel:
            self.stop(action_id, report=True)

    def start(self, action_id: UUID) -> None:
        fence = self.accepted.pop(action_id)
        self.journal[action_id] = Entry(fence, running=True)
        self.executions[action_id] = self.executions.get(action_id, 0) + 1
        self.outbox.append(_report("started", action_id, fence))

    def print(self, action_id: UUID) -> None:
        entry = self.journal[action_id]
        text = f"{action_id} {len(entry.printed)}\n"
        self.outbox.append(_report("log", action_id, entry.fence, seq=len(entry.printed), stream="out", text=text))
        entry.printed.append(text)

    def end(self, action_id: UUID, outcome: str) -> None:
        entry = self.journal[action_id]
        entry.running, entry.result = False, outcome
        self.outbox.append(_report("finished", action_id, entry.fence, outcome=outcome, log_chunks=len(entry.printed)))

    def stop(self, action_id: UUID, *, report: bool) -> None:
        """Kill it if it runs; never begin it if it does not."""
        fence = self.accepted.pop(action_id, None)
        if fence is not None:
            self.journal[action_id] = Entry(fence, running=True)
        entry = self.journal.get(action_id)
        if entry is not None and entry.running:
            self.end(action_id, "cancelled")
            if not report:
                self.outbox = [sent for sent in self.outbox if sent["action_id"] != str(action_id)]

    def crash(self) -> None:
        """SIGKILL or power loss, and a new start: what was only in memory is gone."""
        self.run_id = uuid4()
        self.accepted.clear()
        for action_id, entry in self.journal.items():
            if entry.running:
                self.end(action_id, "interrupted")

    def acknowledged(self, sent: list[dict[str, Any]], outcomes: list[str], cancel: list[UUID]) -> None:
        for report, outcome in zip(sent, outcomes, strict=True):
            if report in self.outbox:
                self.outbox.remove(report)
            if outcome == "stale":
                action_id = UUID(report["action_id"])
                entry = self.journal.get(action_id)
                if entry is not None and entry.fence == report["fence"]:
                    self.stop(action_id, report=False)
                self.outbox = [
                    kept
                    for kept in self.outbox
                    if (kept["action_id"], kept["fence"]) != (report["action_id"], report["fence"])
                ]
        for action_id in cancel:
            self.stop(action_id, report=True)


def _report(kind: str, action_id: UUID, fence: int, **more: Any) -> dict[str, Any]:
    return {"type": kind, "action_id": str(action_id), "fence": fence, "at": clock.now().isoformat(), **more}


class World:
    """The ledger under test, on a database that all lives of one test share."""

    def __init__(self, settings: Settings) -> None:
        self.runner = asyncio.Runner()
        self.runtime: Runtime = assemble(settings)
        self.tenant_id = self.run(people.make_tenant(self.runtime.db)).id

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)

    def close(self) -> None:
        self.run(self.runtime.close())
        self.runner.close()


class LedgerMachine(RuleBasedStateMachine):
    """One life of one device."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world = world
        self.agent = ModelAgent()
        self.queued: list[UUID] = []
        self.sent: list[list[dict[str, Any]]] = []
        self.acknowledged: dict[UUID, str] = {}
        self.settled: dict[UUID, str] = {}
        self.fences: dict[UUID, int] = {}
        device = world.run(fleet.make_device(world.runtime.db, world.tenant_id))
        self.device_id = device.id

    # What people do.

    @rule(count=st.integers(1, 2))
    def order(self, count: int) -> None:
        async def work() -> None:
            async with self.world.runtime.db.write(admin_context(self.world.tenant_id)) as session:
                order = await service.queue(
                    session,
                    device_ids=[self.device_id],
                    kind="refresh_inventory",
                    payload={},
                    may=lambda _permission: True,
                    expires_in=timedelta(days=1),
                )
                self.queued += [item.id for item in order.items]

        for _ in range(count):
            self.world.run(work())

    @precondition(lambda self: self.queued)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        action_id = data.draw(st.sampled_from(self.queued))

        async def work() -> None:
            async with self.world.runtime.db.write(admin_context(self.world.tenant_id)) as session:
                await service.cancel(session, action_id)

        try:
            self.world.run(work())
        except service.ActionEnded:
            assert self.rows()[action_id].status in ENDED

    # What the wire does.

    @rule(lost=st.sampled_from(["nothing", "nothing", "request", "answer"]))
    def check_in(self, lost: str) -> None:
        if lost == "request":
            return
        deliveries, sight = self.world.run(self._visit())
        if lost != "answer":
            self.agent.receive(deliveries, sight.cancel)

    async def _visit(self) -> tuple[list[Delivery], Sight]:
        runtime = self.world.runtime
        visit = self.agent.visit(self.device_id)
        async with runtime.db.read(system_context()) as session:
            sight = (await leasing.look(session, [visit]))[self.device_id]
        async with runtime.db.write(system_context()) as session:
            given = await leasing.hand_out(runtime, session, {self.device_id: (visit, sight)})
            await leasing.renew(
                session, [(action_id, self.device_id) for action_id in visit.running], until=clock.now() + LEASE
            )
        return given.get(self.device_id, []), sight

    @precondition(lambda self: self.agent.outbox)
    @rule(count=st.integers(1, 6), lost=st.sampled_from(["nothing", "nothing", "request", "answer"]))
    def report(self, count: int, lost: str) -> None:
        reports = self.agent.outbox[:count]
        if lost != "request":
            self._send(reports, answered=lost != "answer")

    @precondition(lambda self: self.sent)
    @rule(data=st.data())
    def an_old_call_arrives_again(self, data: st.DataObject) -> None:
        self._send(data.draw(st.sampled_from(self.sent)), answered=False)

    def _send(self, reports: list[dict[str, Any]], *, answered: bool) -> None:
        self.sent = [*self.sent, list(reports)][-8:]
        parsed = [REPORT.validate_python(report) for report in reports]

        async def work() -> Receipt:
            async with self.world.runtime.db.write(system_context()) as session:
                return (await reporting.record(session, [Call(self.device_id, parsed)], lease=LEASE))[0]

        receipt = self.world.run(work())
        outcomes, cancel = receipt.outcomes, receipt.cancel
        for report, outcome in zip(reports, outcomes, strict=True):
            if report["type"] == "finished" and outcome == "accepted":
                self.acknowledged.setdefault(UUID(report["action_id"]), report["outcome"])
        if answered:
            self.agent.acknowledged(reports, outcomes, cancel)

    # What the machine does.

    @precondition(lambda self: self.agent.accepted)
    @rule(data=st.data())
    def start(self, data: st.DataObject) -> None:
        self.agent.start(data.draw(st.sampled_from(sorted(self.agent.accepted))))

    def _running(self) -> list[UUID]:
        return sorted(action_id for action_id, entry in self.agent.journal.items() if entry.running)

    @precondition(lambda self: self._running())
    @rule(data=st.data())
    def print_something(self, data: st.DataObject) -> None:
        self.agent.print(data.draw(st.sampled_from(self._running())))

    @precondition(lambda self: self._running())
    @rule(data=st.data(), outcome=st.sampled_from(["succeeded", "failed", "timed_out"]))
    def finish(self, data: st.DataObject, outcome: str) -> None:
        self.agent.end(data.draw(st.sampled_from(self._running())), outcome)

    @rule()
    def crash(self) -> None:
        self.agent.crash()

    # What time does.

    @rule(what=st.sampled_from(["lease_until", "overdue_at", "expires_at", "leased_at"]))
    def time_passes(self, what: str) -> None:
        async def work() -> None:
            async with self.world.runtime.db.write(system_context()) as session:
                await session.execute(
                    update(Action)
                    .where(Action.device_id == self.device_id, getattr(Action, what).is_not(None))
                    .values({what: clock.now() - timedelta(seconds=10)})
                )
            sweeps = Sweeps(self.world.runtime)
            sweeps._leases_from = clock.now()
            await sweeps.sweep()

        self.world.run(work())

    # What holds.

    def rows(self) -> dict[UUID, Action]:
        async def work() -> dict[UUID, Action]:
            async with self.world.runtime.db.read(system_context()) as session:
                found = await session.scalars(select(Action).where(Action.device_id == self.device_id))
                return {action.id: action for action in found}

        return self.world.run(work())

    def output(self) -> dict[UUID, list[str]]:
        async def work() -> dict[UUID, list[str]]:
            kept: dict[UUID, list[str]] = {}
            async with self.world.runtime.db.read(system_context()) as session:
                for chunk in await session.scalars(
                    select(ActionLog).where(ActionLog.action_id.in_(self.queued)).order_by(ActionLog.seq)
                ):
                    assert chunk.text == self.agent.journal[chunk.action_id].printed[chunk.seq]
                    kept.setdefault(chunk.action_id, []).append(chunk.text)
            return kept

        return self.world.run(work())

    @invariant()
    def nothing_runs_twice(self) -> None:
        assert all(count == 1 for count in self.agent.executions.values())

    @invariant()
    def what_is_settled_stays(self) -> None:
        rows = self.rows()
        assert set(rows) == set(self.queued)
        for action_id, action in rows.items():
            assert action.timeline[-1]["status"] == action.status
            assert action.fence >= self.fences.get(action_id, 0)
            assert action.fence_floor <= action.fence
            assert (action.finished_at is not None) == (action.status in ENDED)
            assert (action.lease_until is not None) == (action.status in {Status.LEASED, Status.RUNNING})
            self.fences[action_id] = action.fence
            if action.status in ENDED and not action.presumed:
                assert self.settled.setdefault(action_id, action.status) == action.status
        for action_id, outcome in self.acknowledged.items():
            assert (rows[action_id].status, rows[action_id].presumed) == (outcome, False)

    def teardown(self) -> None:
        self._talk_to_the_end()
        rows = self.rows()
        for action_id, entry in self.agent.journal.items():
            assert not entry.running
            action = rows[action_id]
            if action_id in self.acknowledged:
                assert self.acknowledged[action_id] == action.status
                assert action.status == entry.result
        assert all(action.status in ENDED for action in rows.values())
        self.output()

        async def forget() -> None:
            async with self.world.runtime.db.write(system_context()) as session:
                await session.execute(delete(Action).where(Action.device_id == self.device_id))

        self.world.run(forget())

    def _talk_to_the_end(self) -> None:
        for _ in range(50):
            while self.agent.outbox:
                self._send(self.agent.outbox[:6], answered=True)
            for action_id in self._running():
                self.agent.end(action_id, "succeeded")
            for action_id in sorted(self.agent.accepted):
                self.agent.start(action_id)
            talked_out = not self.agent.named() and not self.agent.outbox
            if talked_out and all(action.status in ENDED for action in self.rows().values()):
                return
            self.time_passes_for_redelivery()
            self.check_in(lost="nothing")
        raise AssertionError("they never came to an end")

    def time_passes_for_redelivery(self) -> None:
        async def work() -> None:
            async with self.world.runtime.db.write(system_context()) as session:
                await session.execute(
                    update(Action)
                    .where(Action.device_id == self.device_id, Action.status == Status.LEASED)
                    .values(leased_at=clock.now() - timedelta(seconds=10))
                )
                # A running action whose device no longer knows it ends with its lease.
                await session.execute(
                    update(Action)
                    .where(Action.device_id == self.device_id, Action.status == Status.RUNNING)
                    .values(lease_until=clock.now() - timedelta(seconds=10))
                )
            sweeps = Sweeps(self.world.runtime)
            sweeps._leases_from = clock.now()
            await sweeps.sweep()

        self.world.run(work())


def test_whatever_happens_nothing_runs_twice_and_nothing_acknowledged_is_lost(settings: Settings) -> None:
    world = World(settings)
    try:
        run_state_machine_as_test(
            lambda: LedgerMachine(world),
            settings=hypothesis_settings(
                max_examples=EXAMPLES,
                stateful_step_count=STEPS,
                deadline=None,
                suppress_health_check=list(HealthCheck),
                print_blob=True,
                database=None,
            ),
        )
    finally:
        world.close()
