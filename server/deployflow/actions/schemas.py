"""Shapes of the ledger's requests and answers."""

import json
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

from deployflow.actions.states import Status

MAX_DEVICES = 10_000
MAX_REPORTS = 200
MAX_CHUNK_BYTES = 16 * 1024
MAX_RESULT_BYTES = 64 * 1024
MAX_FENCE = 2**31 - 1
# A year: longer than any device stays in a cupboard.
MAX_EXPIRES_IN_S = 365 * 86_400
# A day: what runs longer is a service.
MAX_TIMEOUT_S = 86_400


def _storable(text: Any) -> Any:
    # PostgreSQL keeps no NUL in text, and a program's output may hold one.
    # Half a surrogate pair is legal in JSON and in no database.
    if not isinstance(text, str):
        return text
    return text.replace("\x00", "\N{SYMBOL FOR NULL}").encode("utf-8", "replace").decode()


def _storable_json(value: Any) -> Any:
    if isinstance(value, str):
        return _storable(value)
    if isinstance(value, list):
        return [_storable_json(item) for item in value]
    if isinstance(value, dict):
        return {_storable(key): _storable_json(item) for key, item in value.items()}
    return value


def _small(value: dict[str, Any]) -> dict[str, Any]:
    if value and len(json.dumps(value)) > MAX_RESULT_BYTES:
        raise ValueError(f"may have {MAX_RESULT_BYTES} bytes at most")
    return value


def _chunk_sized(text: str) -> str:
    if len(text.encode()) > MAX_CHUNK_BYTES:
        raise ValueError(f"may have {MAX_CHUNK_BYTES} bytes at most")
    return text


StoredText = Annotated[str, BeforeValidator(_storable)]
Fence = Annotated[int, Field(ge=1, le=MAX_FENCE)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Report(_Strict):
    action_id: UUID
    fence: Fence
    at: AwareDatetime


class Started(_Report):
    """The device began."""

    type: Literal["started"]


class LogChunk(_Report):
    """What it printed, numbered from 0 without gaps."""

    type: Literal["log"]
    seq: Annotated[int, Field(ge=0, le=MAX_FENCE)]
    stream: Literal["out", "err", "agent"]
    text: Annotated[StoredText, AfterValidator(_chunk_sized)]


class ReportedError(_Strict):
    """Why it did not work. `code` is what programs switch on."""

    code: Annotated[StoredText, Field(min_length=1, max_length=64)]
    message: Annotated[StoredText, Field(max_length=2000)]


class Finished(_Report):
    """The end, and how."""

    type: Literal["finished"]
    outcome: Literal["succeeded", "failed", "timed_out", "cancelled", "expired", "interrupted"]
    # Windows exit codes are 32 bits without a sign, Unix ones with.
    exit_code: Annotated[int, Field(ge=-(2**31), lt=2**32)] | None = None
    error: ReportedError | None = None
    log_chunks: Annotated[int, Field(ge=0, le=MAX_FENCE)] = 0
    log_truncated: bool = False
    result: Annotated[dict[str, Any], BeforeValidator(_storable_json), AfterValidator(_small)] = {}


Report = Started | LogChunk | Finished


class Reports(_Strict):
    """What happened on a device, in order."""

    reports: Annotated[list[Annotated[Report, Field(discriminator="type")]], Field(max_length=MAX_REPORTS)]


class ReportResult(BaseModel):
    """`accepted`, or why nothing was kept. Every outcome acknowledges its report."""

    outcome: Literal["accepted", "duplicate", "stale", "unknown"]


class ReportsAnswer(BaseModel):
    """One result for each report, and what the device should stop."""

    results: list[ReportResult]
    cancel: list[UUID]


class QueueRequest(_Strict):
    """One thing to do on one or many devices."""

    device_ids: Annotated[list[UUID], Field(min_length=1, max_length=MAX_DEVICES)]
    kind: Annotated[str, Field(min_length=1, max_length=64)]
    payload: dict[str, Any] = Field(default_factory=dict)
    expires_in_s: Annotated[int, Field(ge=60, le=MAX_EXPIRES_IN_S)] | None = None
    timeout_s: Annotated[int, Field(ge=1, le=MAX_TIMEOUT_S)] | None = None


class _Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class DeviceRef(_Out):
    id: UUID
    hostname: str


class ActorRef(_Out):
    type: str
    id: UUID | None
    name: str


class ScriptRef(_Out):
    """The exact version that the action runs, also after the script went on."""

    id: UUID
    name: str
    version_id: UUID
    version_number: int


class SoftwareRef(_Out):
    """The item or the bundle that the action is about; the exact version where it is an item."""

    id: UUID
    name: str
    version_id: UUID | None
    version_number: int | None


class ErrorOut(_Out):
    code: str
    message: str


class ActionOut(_Out):
    """One action as lists show it."""

    id: UUID
    device: DeviceRef
    kind: str
    title: str
    status: Status
    reason: str | None
    batch_id: UUID
    created_by: ActorRef
    created_at: datetime
    expires_at: datetime
    leased_at: datetime | None
    started_at: datetime | None
    finished_at: datetime | None
    timeout_s: int
    exit_code: int | None
    error: ErrorOut | None
    script: ScriptRef | None
    software: SoftwareRef | None
    language: str | None
    parameters: dict[str, Any]
    cancel_requested_at: datetime | None
    cancel_requested_by: str | None
    log_bytes: int
    log_truncated: bool
    version: int


class TimelineStep(BaseModel):
    status: Status
    at: datetime
    reason: str | None


class ActionDetail(ActionOut):
    """One action with its history."""

    timeline: list[TimelineStep]
    body: str | None = None
    result: dict[str, Any] | None


class QueueAnswer(_Out):
    """What was queued. `items` are the first 200; `GET /actions?filter[batch_id]=…` lists all."""

    batch_id: UUID
    count: int
    items: list[ActionOut]


class LogChunkOut(_Out):
    seq: int
    stream: str
    text: str
    at: datetime


class LogPage(BaseModel):
    """A piece of the output.

    `complete`: the action ended and everything it printed is here. `next_seq` is the `after_seq` of the next call.
    """

    chunks: list[LogChunkOut]
    next_seq: int
    complete: bool
    truncated: bool


class DayCount(BaseModel):
    at: datetime
    count: int


class Summary(BaseModel):
    """Numbers for the overview. Days are those of UTC."""

    pending: int
    leased: int
    running: int
    succeeded_today: int
    failed_today: int
    failed_7d: list[DayCount]
    succeeded_7d: list[DayCount]
