"""A run's life, as a table."""

from collections.abc import Mapping
from enum import StrEnum

from deployflow.runs.errors import RunStateWrong


class RunState(StrEnum):
    RUNNING = "running"
    """Devices work on it, or will."""
    FINISHED = "finished"
    """Every action ended; how, they say."""
    STOPPED = "stopped"
    """Too many failed: what had not begun was called off, what had begun goes on to its end."""
    CANCELLED = "cancelled"
    """Somebody called it off."""


class Event(StrEnum):
    FINISH = "finish"
    STOP = "stop"
    CANCEL = "cancel"


TRANSITIONS: Mapping[Event, tuple[frozenset[RunState], RunState]] = {
    Event.FINISH: (frozenset({RunState.RUNNING}), RunState.FINISHED),
    Event.STOP: (frozenset({RunState.RUNNING}), RunState.STOPPED),
    Event.CANCEL: (frozenset({RunState.RUNNING, RunState.STOPPED}), RunState.CANCELLED),
}


def advance(state: RunState, event: Event) -> RunState:
    """Where `event` leads from `state`.

    Raises:
        RunStateWrong: 409.
    """
    sources, target = TRANSITIONS[event]
    if state not in sources:
        raise RunStateWrong(f"It is already {state}: there is nothing left to {event}", run_state=str(state))
    return target
