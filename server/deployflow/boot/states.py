"""A boot session's life, as a table."""

from collections.abc import Mapping
from enum import StrEnum

from deployflow.boot.errors import SessionStateWrong


class SessionState(StrEnum):
    WAITING = "waiting"
    """Shows its code and waits to be approved."""
    APPROVED = "approved"
    """Has its plan and works."""
    DENIED = "denied"
    EXPIRED = "expired"
    """Nobody approved it in time."""
    ENDED = "ended"
    """Its work is done, or another session of its machine took its place, or it was thrown out."""


class SessionEvent(StrEnum):
    APPROVE = "approve"
    DENY = "deny"
    EXPIRE = "expire"
    END = "end"


W, A = SessionState.WAITING, SessionState.APPROVED
OPEN = frozenset({W, A})
OVER = frozenset(SessionState) - OPEN

TRANSITIONS: Mapping[tuple[SessionState, SessionEvent], SessionState] = {
    (W, SessionEvent.APPROVE): A,
    (W, SessionEvent.DENY): SessionState.DENIED,
    (W, SessionEvent.EXPIRE): SessionState.EXPIRED,
    (W, SessionEvent.END): SessionState.ENDED,
    (A, SessionEvent.END): SessionState.ENDED,
}


def advance(state: SessionState, event: SessionEvent) -> SessionState:
    """The state after `event`.

    Raises:
        SessionStateWrong: 409, when the event does not fit the state.
    """
    after = TRANSITIONS.get((state, event))
    if after is None:
        raise SessionStateWrong(f"A boot session that is {state} cannot be changed by '{event}'")
    return after
