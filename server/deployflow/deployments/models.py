"""Tables of deployments: runs, their steps, what they printed, the secrets they handed out."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, BigInteger, ColumnElement, Float, ForeignKey, Index, String, Text, column
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from deployflow.deployments.states import LIVE, State
from deployflow.devices.models import Device
from deployflow.platform import clock
from deployflow.platform.context import ActorType
from deployflow.platform.tables import Identified, Table, TenantOwned

# What is not there is NULL, not JSON's null.
_NullableJson = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
CODE = String(64)
MESSAGE = String(2000)


def _is_live() -> ColumnElement[bool]:
    return column("state", String).in_(sorted(LIVE))


class Deployment(Identified, TenantOwned, Table):
    """One run of a profile on one machine. Everything it uses is frozen in it when it is approved.

    Attributes:
        machine: What the machine said of itself, as in docs/boot-protocol.md; of an armed one, what is known of it.
        machine_uuid, machine_serial: In one spelling, where they tell machines apart; see `devices.machines`.
        mac: Of the card that it starts from.
        match: What a machine has to say to be let in by itself: any of `uuid`, `serial`, `mac`; all that are given.
        armed_until: Until when it is let in by itself.
        frozen: Tasks, variables, disk ids and where secrets come from; None until it was approved.
        variables: Those that its steps have set.
        session_id: The boot session that works on it now.
        starts: How many sessions have worked on it.
        resume_at: The position at which the next session begins.
        consumed_at: When its boot phase was done; it never runs on a disk again.
        os_seq: How many reports of the installed system were kept; see `reporting`.
        log_number: The last number given to a piece of output.
        changes: Counts what happened; the ETag.
    """

    __tablename__ = "deployments"

    state: Mapped[State] = mapped_column(String(24))
    reason: Mapped[str | None] = mapped_column(String(500))
    changes: Mapped[int] = mapped_column(default=1)
    device_id: Mapped[UUID | None] = mapped_column(ForeignKey("devices.id", ondelete="SET NULL"))
    computer_name: Mapped[str | None] = mapped_column(String(63))
    wanted_name: Mapped[str | None] = mapped_column(String(63))
    profile_id: Mapped[UUID]
    profile_name: Mapped[str] = mapped_column(String(200))
    profile_version: Mapped[int | None]
    site_id: Mapped[UUID | None]
    site_name: Mapped[str | None] = mapped_column(String(200))
    site_code: Mapped[str | None] = mapped_column(String(16))

    machine: Mapped[dict[str, Any]]
    machine_uuid: Mapped[str | None] = mapped_column(String(36))
    machine_serial: Mapped[str | None] = mapped_column(String(511))
    mac: Mapped[str | None] = mapped_column(String(17))
    search_text: Mapped[str] = mapped_column(String(1400), default="")

    match: Mapped[dict[str, str]] = mapped_column(JSON().with_variant(JSONB(), "postgresql"), default=dict)
    armed_until: Mapped[datetime | None]
    networks: Mapped[list[str]] = mapped_column(default=list)

    frozen: Mapped[dict[str, Any] | None] = mapped_column(_NullableJson, deferred=True)
    variables: Mapped[dict[str, str]] = mapped_column(JSON().with_variant(JSONB(), "postgresql"), default=dict)
    session_id: Mapped[UUID | None]
    approved_how: Mapped[str | None] = mapped_column(String(16))
    approved_by: Mapped[str | None] = mapped_column(String(255))
    approved_at: Mapped[datetime | None]
    starts: Mapped[int] = mapped_column(default=0)
    resume_at: Mapped[int] = mapped_column(default=0)
    started_at: Mapped[datetime | None]
    consumed_at: Mapped[datetime | None]
    enrolled_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    last_report_at: Mapped[datetime | None]
    abort_requested_by: Mapped[str | None] = mapped_column(String(255))

    position: Mapped[int | None]
    percent: Mapped[float | None] = mapped_column(Float)
    bytes_done: Mapped[int | None] = mapped_column(BigInteger)
    bytes_total: Mapped[int | None] = mapped_column(BigInteger)
    bytes_per_s: Mapped[int | None] = mapped_column(BigInteger)
    progress_text: Mapped[str | None] = mapped_column(String(500))
    error_code: Mapped[str | None] = mapped_column(CODE)
    error_message: Mapped[str | None] = mapped_column(MESSAGE)

    os_seq: Mapped[int] = mapped_column(default=0)
    log_number: Mapped[int] = mapped_column(default=0)
    log_bytes: Mapped[int] = mapped_column(default=0)
    action_id: Mapped[UUID | None]
    created_by_type: Mapped[ActorType] = mapped_column(String(16))
    created_by_id: Mapped[UUID | None]
    created_by_name: Mapped[str] = mapped_column(String(255))

    device: Mapped[Device | None] = relationship(lazy="raise")
    steps: Mapped[list["DeploymentStep"]] = relationship(
        lazy="raise", passive_deletes=True, order_by="DeploymentStep.position", cascade="all, delete-orphan"
    )

    __table_args__ = (
        Index("ix_deployments_tenant_id_created_at_id", "tenant_id", "created_at", "id"),
        Index("ix_deployments_tenant_id_state_created_at", "tenant_id", "state", "created_at", "id"),
        Index("ix_deployments_device_id_created_at", "device_id", "created_at", "id"),
        Index("ix_deployments_tenant_id_profile_id", "tenant_id", "profile_id", "created_at"),
        # A machine's newest deployment, by what firmware says: asked at each start from the network.
        Index("ix_deployments_tenant_id_machine_uuid", "tenant_id", "machine_uuid", "created_at"),
        Index("ix_deployments_tenant_id_machine_serial", "tenant_id", "machine_serial", "created_at"),
        Index("ix_deployments_tenant_id_mac", "tenant_id", "mac", "created_at"),
        # What sweeps walk.
        Index("ix_deployments_live", "state", postgresql_where=_is_live(), sqlite_where=_is_live()),
    )

    @property
    def version(self) -> int:
        return self.changes

    @property
    def title(self) -> str:
        """How sentences call its machine."""
        known = " ".join(str(self.machine[key]) for key in ("manufacturer", "model") if self.machine.get(key))
        return self.computer_name or self.machine.get("serial") or known or self.mac or "a machine"


class DeploymentStep(TenantOwned, Table):
    """One task of the plan and how it goes.

    Attributes:
        starts: How often it was started: secrets are handed out once for each.
    """

    __tablename__ = "deployment_steps"

    deployment_id: Mapped[UUID] = mapped_column(ForeignKey("deployments.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    type: Mapped[str] = mapped_column(CODE)
    name: Mapped[str] = mapped_column(String(200))
    phase: Mapped[str] = mapped_column(String(8))
    state: Mapped[str] = mapped_column(String(16))
    starts: Mapped[int] = mapped_column(default=0)
    attempt: Mapped[int] = mapped_column(default=0)
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    error_code: Mapped[str | None] = mapped_column(CODE)
    error_message: Mapped[str | None] = mapped_column(MESSAGE)

    @property
    def error(self) -> dict[str, str] | None:
        if self.error_code is None:
            return None
        return {"code": self.error_code, "message": self.error_message or ""}


class DeploymentLog(TenantOwned, Table):
    """One piece of output, numbered by the server in the order it came.

    Attributes:
        name: Of a rescue log; None for what a step printed.
    """

    __tablename__ = "deployment_logs"

    deployment_id: Mapped[UUID] = mapped_column(ForeignKey("deployments.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    position: Mapped[int | None]
    name: Mapped[str | None] = mapped_column(String(100))
    at: Mapped[datetime]
    stream: Mapped[str] = mapped_column(String(8))
    text: Mapped[str] = mapped_column(Text)


class DeploymentSecret(TenantOwned, Table):
    """A secret that was handed out: once for each start of its step."""

    __tablename__ = "deployment_secrets"

    deployment_id: Mapped[UUID] = mapped_column(ForeignKey("deployments.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    start: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(String(100), primary_key=True)
    taken_at: Mapped[datetime] = mapped_column(default=clock.now)


class DevicePassword(Identified, TenantOwned, Table):
    """The local administrator's password that a deployment made for a device, sealed for this row."""

    __tablename__ = "device_passwords"
    __table_args__ = (Index(None, "device_id", "created_at"),)

    device_id: Mapped[UUID] = mapped_column(ForeignKey("devices.id", ondelete="CASCADE"))
    deployment_id: Mapped[UUID | None] = mapped_column(ForeignKey("deployments.id", ondelete="SET NULL"))
    sealed: Mapped[bytes]
