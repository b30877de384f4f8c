"""What a machine says of its run: the shapes of docs/boot-protocol.md."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, Field

from deployflow.actions.schemas import MAX_FENCE, MAX_REPORTS, ReportedError, StoredText
from deployflow.devices.schemas import Bytes, Strict

MAX_POSITION = 1000
MAX_VARIABLES = 100
# A rescue log is a whole `dmesg`; a call holds a MiB.
MAX_TEXT = 512 * 1024

Position = Annotated[int, Field(ge=0, le=MAX_POSITION)]
VariableName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
VariableValue = Annotated[StoredText, Field(max_length=4096)]
Variables = Annotated[dict[VariableName, VariableValue], Field(max_length=MAX_VARIABLES)]
LongText = Annotated[StoredText, Field(max_length=MAX_TEXT)]


class _Report(Strict):
    seq: Annotated[int, Field(ge=0, le=MAX_FENCE)]
    at: AwareDatetime


class StepStarted(_Report):
    """A step begins."""

    type: Literal["step_started"]
    position: Position
    attempt: Annotated[int, Field(ge=1, le=1000)]


class Progressed(_Report):
    """How far a step is."""

    type: Literal["progress"]
    position: Position
    percent: Annotated[float, Field(ge=0, le=100)] | None = None
    bytes_done: Bytes | None = None
    bytes_total: Bytes | None = None
    text: Annotated[StoredText, Field(max_length=500)] | None = None


class Printed(_Report):
    """What a step, or the engine itself, printed."""

    type: Literal["log"]
    position: Position | None = None
    stream: Literal["out", "err", "engine"]
    text: LongText


class StepFinished(_Report):
    """A step ends, and how."""

    type: Literal["step_finished"]
    position: Position
    attempt: Annotated[int, Field(ge=1, le=1000)]
    outcome: Literal["succeeded", "failed", "skipped"]
    error: ReportedError | None = None
    variables: Variables = Field(default_factory=dict)


class PhaseFinished(_Report):
    """All that the machine does in this phase is done, or one step of it failed."""

    type: Literal["phase_finished"]
    phase: Literal["boot", "os"]
    outcome: Literal["succeeded", "failed"]
    error: ReportedError | None = None


class RescueLog(_Report):
    """What a person needs to know when a machine failed."""

    type: Literal["rescue_log"]
    name: Annotated[StoredText, Field(min_length=1, max_length=100)]
    text: LongText


Report = StepStarted | Progressed | Printed | StepFinished | PhaseFinished | RescueLog
Outcome = Literal["accepted", "duplicate", "stale"]


class DeploymentReports(Strict):
    """What happened, in order."""

    reports: Annotated[list[Annotated[Report, Field(discriminator="type")]], Field(max_length=MAX_REPORTS)]


class DeploymentReportResult(BaseModel):
    """`accepted`, or why nothing was kept. Every outcome acknowledges its report."""

    outcome: Outcome


class DeploymentReportsAnswer(BaseModel):
    """One result for each report, and what the machine should do now."""

    results: list[DeploymentReportResult]
    command: Literal["abort"] | None
