"""What must hold of a ledger, whatever happens: docs/agent-protocol.md as assertions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from deployflow.actions.leasing import Delivery, Visit
from deployflow.actions.models import Action
from deployflow.actions.states import ENDED, REGAINABLE, Status
from deployflow.platform import clock
from tests.actions.ledger.agent import ModelAgent
from tests.actions.ledger.world import Chunk

Rows = Mapping[UUID, Action]


@dataclass
class Promises:
    """What one device's ledger has said so far, and whether it keeps to it.

    Attributes:
        queued: Every action that was ordered.
        called_off: Those whose cancelling was acknowledged.
        given: To which run of the agent each fence of an action was given.
        acknowledged: Ends that were accepted.
        kept: Pieces of output that were acknowledged.
        settled: Ends that are no longer presumed.
        seen: The rows as they were after the last step.
    """

    queued: list[UUID] = field(default_factory=list)
    called_off: set[UUID] = field(default_factory=set)
    given: dict[UUID, dict[int, UUID]] = field(default_factory=dict)
    acknowledged: dict[UUID, str] = field(default_factory=dict)
    kept: set[tuple[UUID, int]] = field(default_factory=set)
    settled: dict[UUID, str] = field(default_factory=dict)
    seen: Rows = field(default_factory=dict)

    def handed_out(self, visit: Visit, deliveries: Sequence[Delivery]) -> None:
        assert len(deliveries) <= visit.free_slots, "more than it has room for"
        for delivery in deliveries:
            known = self.given.setdefault(delivery.action_id, {})
            assert delivery.fence > max(known, default=0), "a fence was given twice"
            assert delivery.action_id not in self.called_off, "handed out though it was cancelled"
            held = visit.running.get(delivery.action_id)
            assert held is None or self._overtaken(delivery.action_id, held), "handed out again to who has it"
            before = self.seen[delivery.action_id]
            assert before.status not in ENDED | {Status.RUNNING}, "what had started or ended is handed out"
            assert before.status == Status.LEASED or delivery.expires_at > clock.now(), "its time has passed"
            known[delivery.fence] = visit.run_id

    def handed_back(self, deliveries: Sequence[Delivery], rows: Rows) -> None:
        for delivery in deliveries:
            before = self.seen[delivery.action_id]
            if before.fence != delivery.fence:
                assert rows[delivery.action_id].status == before.status, "a later hand-out was taken back"

    def answered(self, report: Mapping[str, Any], outcome: str, row: Action) -> None:
        overtaken = self._overtaken(row.id, report["fence"])
        assert outcome != "unknown", "what it handed out is known"
        if outcome == "stale":
            may_go_on = row.status not in ENDED or (row.presumed and row.status in REGAINABLE)
            assert overtaken or not may_go_on, "the device was told to stop for nothing"
            return
        assert not overtaken, "a report counted though a newer run has the action"
        if report["type"] == "log":
            self.kept.add((row.id, report["seq"]))
        if report["type"] == "finished" and outcome == "accepted":
            assert row.id not in self.acknowledged, "an end was accepted twice"
            self.acknowledged[row.id] = report["outcome"]

    def at_each_step(self, rows: Rows) -> None:
        assert set(rows) == set(self.queued), "an order is gone"
        for action_id, action in rows.items():
            self._row(action, self.seen.get(action_id))
        for action_id, outcome in self.acknowledged.items():
            assert (rows[action_id].status, rows[action_id].presumed) == (outcome, False), "an acknowledged end is gone"
        self.seen = rows

    def _row(self, action: Action, before: Action | None) -> None:
        steps = [step["status"] for step in action.timeline]
        assert steps[-1] == action.status
        assert action.fence_floor <= action.fence == max(self.given.get(action.id, {}), default=0)
        assert (action.finished_at is not None) == (action.status in ENDED)
        assert (action.lease_until is not None) == (action.status in {Status.LEASED, Status.RUNNING})
        if before is not None:
            assert action.timeline[: len(before.timeline)] == before.timeline, "what happened has changed"
        if Status.RUNNING in steps:
            assert action.status not in {Status.PENDING, Status.LEASED}, "what had started would start again"
        if action.status in ENDED and not action.presumed:
            assert self.settled.setdefault(action.id, action.status) == action.status, "a settled end has changed"

    def in_the_end(self, rows: Rows, agent: ModelAgent, chunks: Sequence[Chunk]) -> None:
        for action_id, action in rows.items():
            assert action.status in ENDED
            entry = agent.journal.get(action_id)
            if entry is None:
                assert action.status in {Status.CANCELLED, Status.EXPIRED}, "an end of what never began"
            elif action_id not in agent.called_off:
                assert (action.status, action.presumed) == (entry.result, False), "not what the journal says"
            if action.status == Status.CANCELLED:
                assert action_id in self.called_off, "cancelled though nobody asked"
            sizes = [len(chunk.text.encode()) for chunk in chunks if chunk.action_id == action_id]
            assert action.log_bytes == sum(sizes), "output is counted wrongly"
        for chunk in chunks:
            assert chunk.text == agent.journal[chunk.action_id].printed[chunk.seq], "not what was printed"
        assert self.kept <= {(chunk.action_id, chunk.seq) for chunk in chunks}, "acknowledged output is gone"

    def _overtaken(self, action_id: UUID, fence: int) -> bool:
        """Whether a newer run of the agent was given it."""
        given = self.given[action_id]
        return any(run != given[fence] for later, run in given.items() if later > fence)
