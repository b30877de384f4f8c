"""A server, a device with a journal, and a world that loses, repeats, overtakes, delays and crashes."""

from typing import Any
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from deployflow.actions import service
from deployflow.actions.leasing import Delivery, Sight, Visit
from deployflow.actions.states import ENDED, Status
from deployflow.platform import clock
from tests.actions.ledger.agent import SLOTS, ModelAgent
from tests.actions.ledger.promises import Promises
from tests.actions.ledger.world import World

# Few enough that each of them lives through something.
MOST_ORDERS = 6
REPORTS_IN_A_CALL = 6
CALLS_REMEMBERED = 8
LOST = st.sampled_from(["nothing", "nothing", "request", "answer"])
MOMENTS = st.sampled_from(["lease_until", "overdue_at", "expires_at", "leased_at"])


class LedgerMachine(RuleBasedStateMachine):
    """One life of one device.

    Attributes:
        unheard: Answers that did not arrive; the server may notice.
        sent: Calls of the agent, which may arrive again.
    """

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world = world
        self.agent = ModelAgent()
        self.promises = Promises()
        self.unheard: list[list[Delivery]] = []
        self.sent: list[list[dict[str, Any]]] = []
        self.device_id = world.new_device()

    # What people do.

    @initialize(count=st.integers(1, 3))
    def first_order(self, count: int) -> None:
        self.order(count)

    @precondition(lambda self: len(self.promises.queued) < MOST_ORDERS)
    @rule(count=st.integers(1, 2))
    def order(self, count: int) -> None:
        for _ in range(count):
            self.promises.queued += self.world.order(self.device_id)

    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        action_id = data.draw(st.sampled_from(self.promises.queued))
        try:
            self.world.cancel(action_id)
        except service.ActionEnded:
            assert self.promises.seen[action_id].status in ENDED
        else:
            self.promises.called_off.add(action_id)

    # What the wire does.

    @rule(lost=LOST, begins=st.booleans())
    def check_in(self, *, lost: str, begins: bool) -> None:
        """`begins`: slots are free, as they mostly are."""
        if lost == "request":
            return
        visit = self.agent.visit(self.device_id)
        sight = self.world.look(visit)
        deliveries = self._hand_out(visit, sight)
        if lost == "answer":
            self._lose(deliveries)
        else:
            self.agent.receive(deliveries, sight.cancel)
            if begins:
                self._begin_all()

    @rule(crashes=st.booleans(), newer_first=st.booleans(), both_heard=st.booleans())
    def a_check_in_overtakes_another(self, *, crashes: bool, newer_first: bool, both_heard: bool) -> None:
        """Two server processes, or one that was looking when the agent called again."""
        older = self.agent.visit(self.device_id)
        seen_by_older = self.world.look(older)
        if crashes:
            self.agent.crash()
        newer = self.agent.visit(self.device_id)
        seen_by_newer = self.world.look(newer)
        if newer_first:
            heard = self._hand_out(newer, seen_by_newer)
            unheard = self._hand_out(older, seen_by_older)
        else:
            unheard = self._hand_out(older, seen_by_older)
            heard = self._hand_out(newer, seen_by_newer)
        both = {delivery.action_id for delivery in heard} & {delivery.action_id for delivery in unheard}
        assert not both, "two that saw it free both leased it"
        if both_heard and not crashes:
            self.agent.receive(unheard, [])
        else:
            self._lose(unheard)
        self.agent.receive(heard, seen_by_newer.cancel)

    @precondition(lambda self: self.unheard)
    @rule(data=st.data())
    def the_server_notices_that_an_answer_was_lost(self, data: st.DataObject) -> None:
        deliveries = self.unheard.pop(data.draw(st.integers(0, len(self.unheard) - 1)))
        self.world.hand_back(deliveries)
        self.promises.handed_back(deliveries, self.world.rows(self.device_id))

    @precondition(lambda self: self.agent.outbox)
    @rule(count=st.integers(1, REPORTS_IN_A_CALL), lost=LOST, twice=st.booleans())
    def report(self, *, count: int, lost: str, twice: bool) -> None:
        """`twice`: the first answer was late, and the agent sent it all again."""
        reports = self.agent.outbox[:count]
        if lost == "request":
            return
        if twice:
            self._send(reports, answered=False)
        self._send(reports, answered=lost != "answer")

    @precondition(lambda self: self.sent)
    @rule(data=st.data())
    def an_old_call_arrives_again(self, data: st.DataObject) -> None:
        self._send(data.draw(st.sampled_from(self.sent)), answered=False)

    def _hand_out(self, visit: Visit, sight: Sight) -> list[Delivery]:
        deliveries = self.world.hand_out(visit, sight)
        self.promises.handed_out(visit, deliveries)
        return deliveries

    def _lose(self, deliveries: list[Delivery]) -> None:
        if deliveries:
            self.unheard.append(deliveries)

    def _send(self, reports: list[dict[str, Any]], *, answered: bool) -> None:
        self.sent = [*self.sent, list(reports)][-CALLS_REMEMBERED:]
        receipt = self.world.record(self.device_id, reports)
        rows = self.world.rows(self.device_id)
        for report, outcome in zip(reports, receipt.outcomes, strict=True):
            self.promises.answered(report, outcome, rows[UUID(report["action_id"])])
        if answered:
            self.agent.acknowledged(reports, list(receipt.outcomes), receipt.cancel)

    # What the machine does.

    @precondition(lambda self: self.agent.accepted)
    @rule(data=st.data())
    def start(self, data: st.DataObject) -> None:
        self._begin(data.draw(st.sampled_from(sorted(self.agent.accepted))))

    def _begin_all(self) -> None:
        for action_id in sorted(self.agent.accepted):
            self._begin(action_id)

    def _begin(self, action_id: UUID) -> None:
        if self.promises.seen[action_id].expires_at > clock.now():
            self.agent.start(action_id)
        else:
            self.agent.refuse(action_id)

    @precondition(lambda self: self.agent.running())
    @rule(data=st.data())
    def print_something(self, data: st.DataObject) -> None:
        self.agent.print(data.draw(st.sampled_from(self.agent.running())))

    @precondition(lambda self: self.agent.running())
    @rule(data=st.data(), lines=st.integers(0, 2), outcome=st.sampled_from(["succeeded", "failed", "timed_out"]))
    def finish(self, data: st.DataObject, lines: int, outcome: str) -> None:
        action_id = data.draw(st.sampled_from(self.agent.running()))
        for _ in range(lines):
            self.agent.print(action_id)
        self.agent.end(action_id, outcome)

    @precondition(lambda self: self.agent.named() or self.agent.outbox)
    @rule()
    def crash(self) -> None:
        self.agent.crash()

    # What time does.

    @rule(data=st.data(), what=MOMENTS, swept=st.booleans())
    def time_passes(self, data: st.DataObject, *, what: str, swept: bool) -> None:
        """For one of the actions: a life in which all of them expire at once is over."""
        self.world.set_back(data.draw(st.sampled_from(self.promises.queued)), what)
        if swept:
            self.world.sweep()

    @precondition(lambda self: self.agent.named())
    @rule(too_long=st.booleans())
    def the_device_is_cut_off(self, *, too_long: bool) -> None:
        """Longer than a lease; too long for what it has not begun."""
        for action_id in self.agent.named():
            self.world.set_back(action_id, "leased_at", "lease_until", *(["expires_at"] if too_long else []))
        self.world.sweep()

    # What holds.

    @invariant()
    def nothing_runs_twice(self) -> None:
        assert all(count == 1 for count in self.agent.executions.values())
        assert len(self.agent.named()) <= SLOTS

    @invariant()
    def the_ledger_keeps_its_promises(self) -> None:
        self.promises.at_each_step(self.world.rows(self.device_id))

    def teardown(self) -> None:
        self._talk_to_the_end()
        self.promises.in_the_end(self.world.rows(self.device_id), self.agent, self.world.output(self.promises.queued))
        self.world.forget(self.device_id)

    def _talk_to_the_end(self) -> None:
        """Nothing is lost any more, and time passes in between."""
        for _ in range(50):
            while self.agent.outbox:
                self._send(self.agent.outbox[:REPORTS_IN_A_CALL], answered=True)
            for action_id in self.agent.running():
                self.agent.end(action_id, "succeeded")
            self._begin_all()
            rows = self.world.rows(self.device_id)
            talked_out = not self.agent.named() and not self.agent.outbox
            if talked_out and all(action.status in ENDED for action in rows.values()):
                return
            for action_id, action in rows.items():
                # A running action whose device no longer knows it ends with its lease.
                if action.status in {Status.LEASED, Status.RUNNING}:
                    self.world.set_back(action_id, "leased_at" if action.status == Status.LEASED else "lease_until")
            self.world.sweep()
            self.the_ledger_keeps_its_promises()
            self.check_in(lost="nothing", begins=True)
        raise AssertionError("they never came to an end")
