"""An agent as docs/agent-protocol.md promises it: a journal that survives, an outbox, and no second run of anything."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from deployflow.actions.leasing import Delivery, Visit
from deployflow.platform import clock

SLOTS = 2


@dataclass
class Entry:
    """A line of the agent's journal."""

    fence: int
    running: bool = False
    result: str | None = None
    printed: list[str] = field(default_factory=list)


@dataclass
class ModelAgent:
    """The agent of one device.

    Attributes:
        journal: What it began, ever.
        accepted: What it was handed and has not begun; only in memory. Action to fence.
        outbox: What it has not had acknowledged, in order.
        executions: How often it began each action.
        called_off: What it stopped, or dropped, because a report of it was stale.
    """

    run_id: UUID = field(default_factory=uuid4)
    journal: dict[UUID, Entry] = field(default_factory=dict)
    accepted: dict[UUID, int] = field(default_factory=dict)
    outbox: list[dict[str, Any]] = field(default_factory=list)
    executions: dict[UUID, int] = field(default_factory=dict)
    called_off: set[UUID] = field(default_factory=set)

    def running(self) -> list[UUID]:
        return sorted(action_id for action_id, entry in self.journal.items() if entry.running)

    def named(self) -> dict[UUID, int]:
        """What a check-in says that it holds."""
        return {**self.accepted, **{action_id: self.journal[action_id].fence for action_id in self.running()}}

    def visit(self, device_id: UUID) -> Visit:
        return Visit(device_id, self.run_id, self.named(), max(0, SLOTS - len(self.named())))

    def receive(self, deliveries: list[Delivery], cancel: list[UUID]) -> None:
        for delivery in deliveries:
            entry = self.journal.get(delivery.action_id)
            if entry is None:
                self.accepted[delivery.action_id] = delivery.fence
                continue
            entry.fence = delivery.fence
            self.called_off.discard(delivery.action_id)
            if not entry.running:
                self.end(delivery.action_id, entry.result or "interrupted")
        for action_id in cancel:
            self.stop(action_id)

    def start(self, action_id: UUID) -> None:
        fence = self.accepted.pop(action_id)
        self.journal[action_id] = Entry(fence, running=True)
        self.executions[action_id] = self.executions.get(action_id, 0) + 1
        self._say("started", action_id)

    def refuse(self, action_id: UUID) -> None:
        """Its time has passed: it is not begun."""
        self.journal[action_id] = Entry(self.accepted.pop(action_id))
        self.end(action_id, "expired")

    def print(self, action_id: UUID) -> None:
        printed = self.journal[action_id].printed
        text = f"{action_id} {len(printed)}\n"
        self._say("log", action_id, seq=len(printed), stream="out", text=text)
        printed.append(text)

    def end(self, action_id: UUID, outcome: str) -> None:
        entry = self.journal[action_id]
        entry.running, entry.result = False, outcome
        self._say("finished", action_id, outcome=outcome, log_chunks=len(entry.printed))

    def stop(self, action_id: UUID) -> None:
        """Kill it if it runs; never begin it if it does not."""
        fence = self.accepted.pop(action_id, None)
        if fence is not None:
            self.journal[action_id] = Entry(fence, running=True)
        entry = self.journal.get(action_id)
        if entry is not None and entry.running:
            self.end(action_id, "cancelled")

    def crash(self) -> None:
        """SIGKILL or power loss, and a new start: what was only in memory is gone."""
        self.run_id = uuid4()
        self.accepted.clear()
        for action_id in self.running():
            self.end(action_id, "interrupted")

    def acknowledged(self, sent: list[dict[str, Any]], outcomes: list[str], cancel: list[UUID]) -> None:
        for report, outcome in zip(sent, outcomes, strict=True):
            if report in self.outbox:
                self.outbox.remove(report)
            if outcome == "stale":
                self._call_off(UUID(report["action_id"]), report["fence"])
        for action_id in cancel:
            self.stop(action_id)

    def _call_off(self, action_id: UUID, fence: int) -> None:
        entry = self.journal.get(action_id)
        if entry is not None and entry.fence == fence:
            self.stop(action_id)
            self.called_off.add(action_id)
        self.outbox = [kept for kept in self.outbox if (kept["action_id"], kept["fence"]) != (str(action_id), fence)]

    def _say(self, kind: str, action_id: UUID, **more: Any) -> None:
        fence = self.journal[action_id].fence
        at = clock.now().isoformat()
        self.outbox.append({"type": kind, "action_id": str(action_id), "fence": fence, "at": at, **more})
