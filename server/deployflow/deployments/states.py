"""A deployment's life, as a table. `advance()` is the only way from one state to the next.

What must never happen is a second wipe. So a deployment whose boot phase is done is `consumed`, and no event that
could make a machine run that phase again is allowed from there: not an approval, not a retry, in no order.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from deployflow.deployments.errors import DeploymentStateWrong
from deployflow.platform import clock


class State(StrEnum):
    ARMED = "armed"
    """Waits for its machine to start from the network, and begins by itself then."""
    WAITING_FOR_APPROVAL = "waiting_for_approval"
    """Its machine started anew in the middle, with a key that nobody has approved yet."""
    RUNNING = "running"
    """Approved: the machine works in the boot environment, or is expected back in it."""
    AWAITING_FIRST_BOOT = "awaiting_first_boot"
    """The disk is done. The installed system has to start and enroll."""
    FINISHING = "finishing"
    """Enrolled; the steps of the installed system run."""
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    ABORTED = "aborted"
    EXPIRED = "expired"
    """Its machine never came in time."""
    DENIED = "denied"


class Event(StrEnum):
    APPROVE = "approve"
    """A machine with a key was let in for it."""
    START_ANEW = "start_anew"
    """The machine is back with a new key, which has to be approved."""
    IMAGED = "imaged"
    """The boot phase is done, and an agent was planted."""
    ENROLLED = "enrolled"
    """The installed agent is there, and has steps to run."""
    SUCCEED = "succeed"
    FAIL = "fail"
    RETRY = "retry"
    """Once more from a step of the boot phase."""
    RETRY_IN_OS = "retry_in_os"
    """Once more from a step of the installed system."""
    CORRECT = "correct"
    """What was thought to have failed in the installed system turned out to have worked."""
    ABORT = "abort"
    EXPIRE = "expire"
    DENY = "deny"


S = State
LIVE = frozenset({S.ARMED, S.WAITING_FOR_APPROVAL, S.RUNNING, S.AWAITING_FIRST_BOOT, S.FINISHING})
ENDED = frozenset(State) - LIVE
# A machine works on it, or is about to: it holds its machine and its computer name.
UNDER_WAY = LIVE - {S.ARMED}

TRANSITIONS: Mapping[tuple[State, Event], State] = {
    (S.ARMED, Event.APPROVE): S.RUNNING,
    (S.WAITING_FOR_APPROVAL, Event.APPROVE): S.RUNNING,
    # A new key of the same machine takes up where the old one left off.
    (S.RUNNING, Event.APPROVE): S.RUNNING,
    (S.RUNNING, Event.START_ANEW): S.WAITING_FOR_APPROVAL,
    (S.RUNNING, Event.IMAGED): S.AWAITING_FIRST_BOOT,
    # Nothing is left to wait for: no agent was planted.
    (S.RUNNING, Event.SUCCEED): S.SUCCEEDED,
    (S.AWAITING_FIRST_BOOT, Event.ENROLLED): S.FINISHING,
    (S.AWAITING_FIRST_BOOT, Event.SUCCEED): S.SUCCEEDED,
    (S.FINISHING, Event.SUCCEED): S.SUCCEEDED,
    (S.WAITING_FOR_APPROVAL, Event.FAIL): S.FAILED,
    (S.RUNNING, Event.FAIL): S.FAILED,
    (S.AWAITING_FIRST_BOOT, Event.FAIL): S.FAILED,
    (S.FINISHING, Event.FAIL): S.FAILED,
    (S.FAILED, Event.RETRY): S.RUNNING,
    (S.FAILED, Event.RETRY_IN_OS): S.FINISHING,
    (S.FAILED, Event.CORRECT): S.SUCCEEDED,
    **{(state, Event.ABORT): S.ABORTED for state in LIVE},
    (S.ARMED, Event.EXPIRE): S.EXPIRED,
    (S.WAITING_FOR_APPROVAL, Event.EXPIRE): S.EXPIRED,
    (S.ARMED, Event.DENY): S.DENIED,
    (S.WAITING_FOR_APPROVAL, Event.DENY): S.DENIED,
}
# Would lead to the boot phase, and so to the disk.
NEVER_ONCE_CONSUMED = frozenset({Event.APPROVE, Event.START_ANEW, Event.IMAGED, Event.RETRY})
ONLY_ONCE_CONSUMED = frozenset({Event.ENROLLED, Event.RETRY_IN_OS, Event.CORRECT})
CONSUMES = frozenset({Event.IMAGED, Event.SUCCEED})


class HasState(Protocol):
    """What `advance` reads and writes of a deployment."""

    state: State
    consumed_at: datetime | None
    finished_at: datetime | None
    changes: int


def allowed(state: State, event: Event, *, consumed: bool) -> bool:
    """Whether `event` may happen in `state`."""
    if event in NEVER_ONCE_CONSUMED and consumed:
        return False
    if event in ONLY_ONCE_CONSUMED and not consumed:
        return False
    return (state, event) in TRANSITIONS


def advance(deployment: HasState, event: Event) -> None:
    """Move the deployment along the table.

    Raises:
        DeploymentStateWrong: 409, and nothing was changed.
    """
    if not allowed(deployment.state, event, consumed=deployment.consumed_at is not None):
        raise DeploymentStateWrong(_why_not(deployment, event))
    now = clock.now()
    deployment.state = TRANSITIONS[deployment.state, event]
    if event in CONSUMES and deployment.consumed_at is None:
        deployment.consumed_at = now
    deployment.finished_at = now if deployment.state in ENDED else None
    deployment.changes += 1


def _why_not(deployment: HasState, event: Event) -> str:
    said = deployment.state.replace("_", " ")
    if event in NEVER_ONCE_CONSUMED and deployment.consumed_at is not None:
        return (
            f"The disk of this deployment is done, and it is {said}: it never runs on the disk again. "
            "Arm the machine anew to deploy it once more"
        )
    return f"A deployment that is {said} cannot be changed by '{event.replace('_', ' ')}'"
