"""Shapes of what people see and order of deployments."""

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from deployflow.actions.schemas import ActorRef, DeviceRef, ErrorOut
from deployflow.deployments.models import Deployment
from deployflow.deployments.states import State
from deployflow.devices.machines import machine_serial, machine_uuid
from deployflow.devices.schemas import Strict, Text
from deployflow.enrollment.schemas import Networks
from deployflow.platform import clock

MAX_ARMED_HOURS = 8
MAX_BATCH = 200
# A machine at work says something every 15 s.
SILENT_AFTER = timedelta(seconds=60)


def _mac(value: object) -> object:
    if not isinstance(value, str):
        return value
    plain = value.strip().lower().replace("-", ":")
    return ":".join(plain[at : at + 2] for at in range(0, 12, 2)) if len(plain) == 12 else plain  # noqa: PLR2004


def _name(value: str) -> str:
    return value.strip().upper()


Mac = Annotated[str, BeforeValidator(_mac), Field(pattern=r"^([0-9a-f]{2}:){5}[0-9a-f]{2}$")]
ComputerName = Annotated[str, AfterValidator(_name), Field(pattern=r"^[A-Za-z0-9]([A-Za-z0-9-]{0,13}[A-Za-z0-9])?$")]
Hours = Annotated[int, Field(ge=1, le=MAX_ARMED_HOURS, description="How long it waits for its machine.")]
Short = Annotated[Text, Field(min_length=1, max_length=255)]


class ArmedMachine(Strict):
    """A machine that is no device yet. All that is given has to be what it says when it starts."""

    mac: Mac | None = None
    smbios_uuid: Short | None = None
    serial: Short | None = None
    manufacturer: Short | None = None
    model: Short | None = None

    @model_validator(mode="after")
    def _tells(self) -> Self:
        if self.mac is None and self.uuid is None and self.known_serial is None:
            raise ValueError("give a MAC address, a usable SMBIOS UUID, or a serial number that tells machines apart")
        return self

    @property
    def uuid(self) -> str | None:
        return machine_uuid(self.smbios_uuid)

    @property
    def known_serial(self) -> str | None:
        return machine_serial(self.manufacturer, self.serial)


class ArmTarget(Strict):
    """Which machine: a device, or one by what its firmware says."""

    device_id: UUID | None = None
    machine: ArmedMachine | None = None
    computer_name: ComputerName | None = Field(None, description="Instead of the profile's pattern.")

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.device_id is None) == (self.machine is None):
            raise ValueError("give device_id, or machine, and not both")
        return self


class ArmIn(ArmTarget):
    """Let a machine deploy by itself when it next starts from the network."""

    profile_id: UUID
    site_id: UUID | None = Field(None, description="Where it will start; any site when left out.")
    hours: Hours = MAX_ARMED_HOURS
    networks: Networks = Field(default_factory=list, description="Only from these; from anywhere when empty.")


class ArmManyIn(Strict):
    """The same for many machines."""

    profile_id: UUID
    site_id: UUID | None = None
    hours: Hours = MAX_ARMED_HOURS
    networks: Networks = Field(default_factory=list)
    targets: Annotated[list[ArmTarget], Field(min_length=1, max_length=MAX_BATCH)]


class ArmResult(BaseModel):
    """What became of one of many, in their order."""

    ok: bool
    deployment_id: UUID | None = None
    code: str | None = None
    detail: str | None = None


class ArmManyOut(BaseModel):
    results: list[ArmResult]


class RetryIn(Strict):
    position: Annotated[int, Field(ge=0)] | None = Field(None, description="The failed step when left out.")


class _Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class DeploymentStepOut(_Out):
    position: int
    type: str
    name: str
    phase: Literal["boot", "os"]
    state: Literal["pending", "running", "succeeded", "failed", "skipped"]
    attempt: int
    started_at: datetime | None
    finished_at: datetime | None
    error: ErrorOut | None


class DeploymentPlace(BaseModel):
    """Where a deployment stands: `done` of `total` steps."""

    position: int | None
    name: str | None
    done: int
    total: int


class DeploymentProgress(BaseModel):
    """Of the step that runs."""

    percent: float | None
    bytes_done: int | None
    bytes_total: int | None
    bytes_per_s: int | None
    text: str | None


class DeploymentMachine(BaseModel):
    manufacturer: str | None = None
    model: str | None = None
    serial: str | None = None
    smbios_uuid: str | None = None
    mac: str | None = None


class ProfileRef(BaseModel):
    id: UUID
    name: str
    version: int | None


class DeploymentSite(BaseModel):
    id: UUID
    name: str
    code: str


_SHAPED = {
    *("silent", "can_retry", "can_abort", "device", "profile", "site", "machine", "step", "progress", "error"),
    "created_by",
}


class DeploymentOut(BaseModel):
    """A deployment as the wall shows it.

    Attributes:
        silent: It should be at work, and its machine has said nothing for a minute.
        can_retry: `boot` from a step of the boot phase, `os` from one of the installed system.
    """

    id: UUID
    state: State
    reason: str | None
    silent: bool
    can_retry: Literal["boot", "os"] | None
    can_abort: bool
    device: DeviceRef | None
    computer_name: str | None
    profile: ProfileRef
    site: DeploymentSite | None
    machine: DeploymentMachine
    step: DeploymentPlace
    progress: DeploymentProgress | None
    error: ErrorOut | None
    starts: int
    approved_how: str | None
    approved_by: str | None
    created_by: ActorRef
    created_at: datetime
    armed_until: datetime | None
    approved_at: datetime | None
    started_at: datetime | None
    consumed_at: datetime | None
    enrolled_at: datetime | None
    finished_at: datetime | None
    last_report_at: datetime | None
    abort_requested_by: str | None
    version: int

    @classmethod
    def of(cls, row: Deployment) -> "DeploymentOut":
        return cls(**cls.fields_of(row))

    @classmethod
    def fields_of(cls, row: Deployment) -> dict[str, Any]:
        """The fields of a deployment whose steps and device are loaded."""
        plain = set(DeploymentOut.model_fields) - _SHAPED
        return {
            **{name: getattr(row, name) for name in plain},
            "silent": is_silent(row, clock.now()),
            "can_retry": can_retry(row),
            "can_abort": row.finished_at is None,
            "device": DeviceRef(id=row.device.id, hostname=row.device.hostname) if row.device else None,
            "profile": ProfileRef(id=row.profile_id, name=row.profile_name, version=row.profile_version),
            "site": (
                DeploymentSite(id=row.site_id, name=row.site_name or "", code=row.site_code or "")
                if row.site_id
                else None
            ),
            "machine": DeploymentMachine(
                manufacturer=row.machine.get("manufacturer"),
                model=row.machine.get("model"),
                serial=row.machine.get("serial"),
                smbios_uuid=row.machine.get("smbios_uuid"),
                mac=row.mac,
            ),
            "step": _step_now(row),
            "progress": _progress(row),
            "error": (
                ErrorOut(code=row.error_code, message=row.error_message or "") if row.error_code is not None else None
            ),
            "created_by": ActorRef(type=row.created_by_type, id=row.created_by_id, name=row.created_by_name),
        }


class DeploymentDetail(DeploymentOut):
    """A deployment with what only its page shows."""

    steps: list[DeploymentStepOut]
    facts: dict[str, Any]
    variables: dict[str, str]
    session_id: UUID | None
    action_id: UUID | None
    match: dict[str, str]
    networks: list[str]


class DeploymentLogPiece(_Out):
    number: int
    position: int | None
    name: str | None
    at: datetime
    stream: str
    text: str


class DeploymentLogPage(BaseModel):
    """A piece of the output. `next_after` is the `after` of the next call; `complete` when no more will come."""

    pieces: list[DeploymentLogPiece]
    next_after: int
    complete: bool


class DeploymentSummary(BaseModel):
    """Numbers for the overview. Days are those of UTC."""

    armed: int
    waiting_for_approval: int
    running: int
    awaiting_first_boot: int
    finishing: int
    succeeded_today: int
    failed_today: int


class DevicePasswordOut(BaseModel):
    """A local administrator's password, for a person who asked for it with a reason."""

    account: str
    password: str
    made_at: datetime
    deployment_id: UUID | None


class RevealIn(Strict):
    reason: Annotated[Text, Field(min_length=3, max_length=500)]


def is_silent(row: Deployment, now: datetime) -> bool:
    """Whether its machine should be heard and is not."""
    if row.state != State.RUNNING:
        return False
    last = row.last_report_at or row.approved_at or row.created_at
    return now - last > SILENT_AFTER


def can_retry(row: Deployment) -> Literal["boot", "os"] | None:
    """From where a failed deployment may go on."""
    if row.state != State.FAILED:
        return None
    if row.consumed_at is None:
        return "boot"
    return "os" if row.enrolled_at is not None and row.device_id is not None else None


def _step_now(row: Deployment) -> DeploymentPlace:
    done = sum(step.state in {"succeeded", "skipped"} for step in row.steps)
    current = next((step for step in row.steps if step.position == row.position), None)
    return DeploymentPlace(
        position=row.position, name=current.name if current else None, done=done, total=len(row.steps)
    )


def _progress(row: Deployment) -> DeploymentProgress | None:
    if row.finished_at is not None or (row.percent is None and row.progress_text is None and row.bytes_done is None):
        return None
    return DeploymentProgress(
        percent=row.percent,
        bytes_done=row.bytes_done,
        bytes_total=row.bytes_total,
        bytes_per_s=row.bytes_per_s,
        text=row.progress_text,
    )
