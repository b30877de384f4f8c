"""Shapes of requests and answers about runs."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from deployflow.actions.schemas import MAX_EXPIRES_IN_S, MAX_TIMEOUT_S, ActorRef
from deployflow.devices.targets import Targets
from deployflow.runs.models import Order
from deployflow.runs.states import RunState

MAX_DEVICES = 10_000
Retryable = Literal["failed", "timed_out", "interrupted", "expired", "cancelled"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class RunIn(_Strict):
    """One act on many devices.

    `order`: by host name, those heard of last first, or by chance. `at_most`: so many work on it at a time, and only
    those that are online count. `stop_at_percent`: what has not begun is called off when so many of those that ended
    have failed, once ten have ended, or all.
    """

    targets: Targets
    kind: Annotated[str, Field(min_length=1, max_length=64)]
    payload: dict[str, Any] = Field(default_factory=dict)
    expires_in_s: Annotated[int, Field(ge=60, le=MAX_EXPIRES_IN_S)] | None = None
    timeout_s: Annotated[int, Field(ge=1, le=MAX_TIMEOUT_S)] | None = None
    order: Order = "hostname"
    at_most: Annotated[int, Field(ge=1, le=MAX_DEVICES)] | None = None
    stop_at_percent: Annotated[int, Field(ge=1, le=100)] | None = None


class RunRetry(_Strict):
    """Which ends to try again."""

    statuses: Annotated[tuple[Retryable, ...], Field(min_length=1)] = ("failed", "timed_out", "interrupted")


class Skipped(BaseModel):
    """Devices that were meant and cannot do it."""

    reason: str
    count: int
    examples: list[str]


class Preview(BaseModel):
    """Who would do it: `total` of the `matched`, of which `offline` ones catch up until the expiry."""

    title: str
    matched: int
    total: int
    online: int
    offline: int
    skipped: list[Skipped]
    examples: list[str]


class Progress(BaseModel):
    """Devices by where they are. `held`: waits for its turn. `offline`: of those that wait, on the run's own page."""

    model_config = ConfigDict(json_schema_serialization_defaults_required=True)

    held: int = 0
    pending: int = 0
    offline: int = 0
    leased: int = 0
    running: int = 0
    succeeded: int = 0
    failed: int = 0
    timed_out: int = 0
    interrupted: int = 0
    cancelled: int = 0
    expired: int = 0


class RunOut(BaseModel):
    """A run as lists show it."""

    model_config = ConfigDict(from_attributes=True, json_schema_serialization_defaults_required=True)

    id: UUID
    title: str
    kind: str
    state: RunState
    state_reason: str | None
    created_by: ActorRef
    created_at: datetime
    expires_at: datetime
    ended_at: datetime | None
    total: int
    progress: Progress = Field(default_factory=Progress)


class FailureGroup(BaseModel):
    """Actions that ended badly in the same way."""

    status: str
    code: str | None
    exit_code: int | None
    count: int
    message: str | None
    examples: list[str]


class RunDetail(RunOut):
    """A run with how it is done and what failed."""

    order: Order
    at_most: int | None
    stop_at_percent: int | None
    retry_of: UUID | None
    skipped: list[Skipped]
    parameters: dict[str, Any]
    failures: list[FailureGroup]


class Grid(BaseModel):
    """Every device of the run, in its order: one letter for where each is.

    h held, p pending, l leased, r running, s succeeded, f failed, t timed out, i interrupted, c cancelled, e expired.
    """

    statuses: str
    action_ids: list[UUID] | None
    hostnames: list[str] | None
