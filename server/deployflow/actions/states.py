"""An action's life, as a table. `advance()` is the only way from one state to the next.

Two ends are told apart. One that the device reported is settled for good. One that the server concluded by itself
(the device went silent, the time ran out) is presumed: the device's own word, under the same fence, corrects it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from deployflow.platform import clock


class Status(StrEnum):
    PENDING = "pending"
    """Committed and waiting. The machine knows nothing of it, or has not said so for a whole lease."""
    LEASED = "leased"
    """Handed out. The machine is writing it to its journal, or keeps it until a slot is free."""
    RUNNING = "running"
    """The machine said that it started."""
    SUCCEEDED = "succeeded"
    """The machine did it and says that it worked."""
    FAILED = "failed"
    """The machine did it, or could not begin, and says that it did not work."""
    CANCELLED = "cancelled"
    """Someone called it off before the machine had it, or the machine killed it when told to."""
    EXPIRED = "expired"
    """Its time had passed before the machine could start it. The machine did nothing."""
    TIMED_OUT = "timed_out"
    """It ran longer than allowed, and the machine killed its whole process tree."""
    INTERRUPTED = "interrupted"
    """It had started, and nobody knows how it ended: the agent died in the middle, or the machine is silent."""


class Event(StrEnum):
    LEASE = "lease"
    """Handed out to its device under a new fence."""
    RECLAIM = "reclaim"
    """The device still has it, though its lease had run out."""
    START = "start"
    FINISH = "finish"
    """The device reports an end."""
    RETURN_TO_PENDING = "return_to_pending"
    """The lease ended, or the answer could not be delivered, and no start was seen."""
    CANCEL = "cancel"
    """Called off while no device works on it."""
    REFUSE = "refuse"
    """It cannot be delivered at all, such as when a secret it needs is gone."""
    EXPIRE = "expire"
    TIME_OUT = "time_out"
    """The server's backstop: far longer than the agent's own time-out, and no end was reported."""
    LOSE = "lose"
    """The lease of a started action ended without news."""
    REGAIN = "regain"
    """A device that was silent says that it runs it: it had started it before its time had passed, or never stopped."""
    CORRECT = "correct"
    """The device reports the true end of what the server had concluded."""


PENDING, LEASED, RUNNING = Status.PENDING, Status.LEASED, Status.RUNNING
LIVE = frozenset({PENDING, LEASED, RUNNING})
ENDED = frozenset(Status) - LIVE
# What only the server can conclude; the device corrects it.
PRESUMED_ENDS = frozenset({Status.INTERRUPTED, Status.TIMED_OUT, Status.CANCELLED, Status.EXPIRED})
# The device may still be at it, or may have begun it unseen. The others tell it to stop.
REGAINABLE = frozenset({Status.INTERRUPTED, Status.EXPIRED})

TRANSITIONS: Mapping[Event, tuple[frozenset[Status], frozenset[Status]]] = {
    Event.LEASE: (frozenset({PENDING, LEASED}), frozenset({LEASED})),
    Event.RECLAIM: (frozenset({PENDING}), frozenset({LEASED})),
    Event.START: (frozenset({PENDING, LEASED}), frozenset({RUNNING})),
    Event.FINISH: (LIVE, ENDED),
    Event.RETURN_TO_PENDING: (frozenset({LEASED}), frozenset({PENDING})),
    Event.CANCEL: (frozenset({PENDING, LEASED}), frozenset({Status.CANCELLED})),
    Event.REFUSE: (frozenset({PENDING, LEASED}), frozenset({Status.FAILED})),
    Event.EXPIRE: (frozenset({PENDING}), frozenset({Status.EXPIRED})),
    Event.TIME_OUT: (frozenset({RUNNING}), frozenset({Status.TIMED_OUT})),
    Event.LOSE: (frozenset({RUNNING}), frozenset({Status.INTERRUPTED})),
    Event.REGAIN: (REGAINABLE, frozenset({RUNNING})),
    Event.CORRECT: (PRESUMED_ENDS, ENDED),
}
NEEDS_PRESUMED = frozenset({Event.REGAIN, Event.CORRECT})
# Ends that the server concludes without the device's word.
CONCLUDES = frozenset({Event.CANCEL, Event.EXPIRE, Event.TIME_OUT, Event.LOSE})


class ForbiddenTransition(Exception):
    """A jump the table does not know: a bug, or a race that the caller has to look at again."""


class HasState(Protocol):
    """What `advance` reads and writes of an action."""

    status: Status
    presumed: bool
    timeline: list[dict[str, Any]]
    finished_at: datetime | None
    changes: int


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the timeline."""

    status: Status
    at: datetime
    reason: str | None = None

    def as_json(self) -> dict[str, Any]:
        return {"status": self.status.value, "at": self.at.isoformat(), "reason": self.reason}


def allowed(status: Status, event: Event, target: Status, *, presumed: bool) -> bool:
    """Whether `event` leads from `status` to `target`."""
    sources, targets = TRANSITIONS[event]
    return status in sources and target in targets and (presumed or event not in NEEDS_PRESUMED)


def advance(
    action: HasState,
    event: Event,
    target: Status | None = None,
    *,
    reason: str | None = None,
    at: datetime | None = None,
) -> None:
    """Move `action` along the table and write the step into its timeline.

    Args:
        action: What moves.
        event: What happened.
        target: Where to, for events that can end in several ways.
        reason: In words, for people.
        at: When, if not now.

    Raises:
        ForbiddenTransition: and nothing was changed.
    """
    targets = TRANSITIONS[event][1]
    if target is None:
        if len(targets) != 1:
            raise ForbiddenTransition(f"{event} does not say where to")
        (target,) = targets
    if not allowed(action.status, event, target, presumed=action.presumed):
        raise ForbiddenTransition(f"{event} does not lead from {action.status} to {target}")
    at = at or clock.now()
    action.status = target
    action.presumed = event in CONCLUDES
    action.finished_at = at if target in ENDED else None
    action.changes += 1
    action.timeline = [*action.timeline, Step(target, at, reason).as_json()]
