"""Tables of the ledger: orders, their actions, and what the actions printed."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, ForeignKey, Index, String, Text, bindparam, column, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from deployflow.actions.reasons import reason
from deployflow.actions.states import Status
from deployflow.devices.models import Device
from deployflow.platform import clock
from deployflow.platform.context import Actor, ActorType
from deployflow.platform.tables import Identified, Json, Table, TenantOwned


def _in(*statuses: Status) -> ColumnElement[bool]:
    return column("status", String).in_([str(status) for status in statuses])


def is_in(*statuses: Status) -> ColumnElement[bool]:
    """`status IN (…)` with its values written out, in the order of the index.

    Only then does a partial index serve: on SQLite at all, on PostgreSQL also from a prepared statement.
    """
    return Action.status.in_(
        bindparam(None, [str(status) for status in statuses], expanding=True, literal_execute=True)
    )


class ActionBatch(Identified, TenantOwned, Table):
    """One order: what to do, kept once for all the devices it was given to.

    A script of 100 KiB for ten thousand devices is stored once, and every action of the order can only be the same.
    """

    __tablename__ = "action_batches"

    kind: Mapped[str] = mapped_column(String(64))
    title: Mapped[str] = mapped_column(String(200))
    # What the kind needs to deliver; secrets only by reference.
    payload: Mapped[dict[str, Any]] = mapped_column(deferred=True)
    # What people may see of it.
    parameters: Mapped[dict[str, Any]] = mapped_column(default=dict)
    language: Mapped[str | None] = mapped_column(String(16))
    # The library object it came from, as it was at that time; a script or software.
    source_id: Mapped[UUID | None]
    source_name: Mapped[str | None] = mapped_column(String(200))
    source_version_id: Mapped[UUID | None]
    source_version_number: Mapped[int | None]
    timeout_s: Mapped[int]
    log_limit_bytes: Mapped[int]
    expires_at: Mapped[datetime]
    created_by_type: Mapped[ActorType] = mapped_column(String(16))
    created_by_id: Mapped[UUID | None]
    created_by_name: Mapped[str] = mapped_column(String(200))


class Action(Identified, TenantOwned, Table):
    """One thing to do on one device.

    Attributes:
        fence: How often it was handed out. Only the latest hand-out may report.
        fence_floor: The first hand-out of an unbroken row to one and the same run of the agent: all of them are one
            execution, so that a report under any of them counts.
        lease_run_id: The run of the agent that holds the lease.
        held: It waits for its turn, and is handed to nobody until whoever queued it lets it go.
        presumed: The server concluded the end without the device's word; see `states`.
        log_chunks: How many the device says it printed; known once it ended.
        changes: Counts what happened; the ETag.
    """

    __tablename__ = "actions"

    batch_id: Mapped[UUID] = mapped_column(ForeignKey("action_batches.id", ondelete="CASCADE"))
    device_id: Mapped[UUID] = mapped_column(ForeignKey("devices.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(64))
    source_id: Mapped[UUID | None]
    created_by_id: Mapped[UUID | None]
    status: Mapped[Status] = mapped_column(String(16), default=Status.PENDING)
    presumed: Mapped[bool] = mapped_column(default=False)
    held: Mapped[bool] = mapped_column(default=False, server_default=false())
    changes: Mapped[int] = mapped_column(default=1)
    timeline: Mapped[list[dict[str, Any]]] = mapped_column(Json, default=list)

    fence: Mapped[int] = mapped_column(default=0)
    fence_floor: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[datetime | None]
    lease_run_id: Mapped[UUID | None]
    expires_at: Mapped[datetime]
    timeout_s: Mapped[int]
    log_limit_bytes: Mapped[int]
    # When the server stops believing that the device's own time-out works.
    overdue_at: Mapped[datetime | None]
    cancel_requested_at: Mapped[datetime | None]
    cancel_requested_by: Mapped[str | None] = mapped_column(String(200))

    leased_at: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    # Windows exit codes are 32 bits without a sign.
    exit_code: Mapped[int | None] = mapped_column(BigInteger)
    error_code: Mapped[str | None] = mapped_column(String(64))
    error_message: Mapped[str | None] = mapped_column(String(2000))
    result: Mapped[dict[str, Any] | None] = mapped_column(Json)
    log_bytes: Mapped[int] = mapped_column(default=0)
    log_chunks: Mapped[int | None]
    log_truncated: Mapped[bool] = mapped_column(default=False)

    batch: Mapped[ActionBatch] = relationship(lazy="raise")
    device: Mapped[Device] = relationship(lazy="raise")

    __table_args__ = (
        Index("ix_actions_tenant_id_created_at_id", "tenant_id", "created_at", "id"),
        # The device first, and not the tenant: it also serves the deletion of a device.
        Index("ix_actions_device_id_created_at", "device_id", "created_at", "id"),
        Index("ix_actions_tenant_id_status_created_at", "tenant_id", "status", "created_at", "id"),
        Index("ix_actions_tenant_id_batch_id", "tenant_id", "batch_id", "created_at", "id"),
        Index("ix_actions_tenant_id_source_id_created_at", "tenant_id", "source_id", "created_at", "id"),
        Index("ix_actions_tenant_id_finished_at", "tenant_id", "finished_at", "status"),
        # What a check-in looks up, what the sweeps walk: only the live rows, so their size follows the work at hand
        # and not the history.
        Index(
            "ix_actions_live",
            "device_id",
            "id",
            postgresql_where=_in(Status.PENDING, Status.LEASED, Status.RUNNING),
            sqlite_where=_in(Status.PENDING, Status.LEASED, Status.RUNNING),
        ),
        # The next ones of an order that works on so many at a time.
        Index("ix_actions_held", "batch_id", "id", postgresql_where=column("held"), sqlite_where=column("held") == 1),
        Index(
            "ix_actions_waiting",
            "expires_at",
            postgresql_where=_in(Status.PENDING),
            sqlite_where=_in(Status.PENDING),
        ),
        Index(
            "ix_actions_leases",
            "lease_until",
            postgresql_where=_in(Status.LEASED, Status.RUNNING),
            sqlite_where=_in(Status.LEASED, Status.RUNNING),
        ),
        Index(
            "ix_actions_overdue",
            "overdue_at",
            postgresql_where=_in(Status.RUNNING),
            sqlite_where=_in(Status.RUNNING),
        ),
    )

    @property
    def title(self) -> str:
        return self.batch.title

    @property
    def language(self) -> str | None:
        return self.batch.language

    @property
    def parameters(self) -> dict[str, Any]:
        return self.batch.parameters

    @property
    def created_by(self) -> Actor:
        by = self.batch
        return Actor(type=by.created_by_type, id=by.created_by_id, name=by.created_by_name)

    @property
    def script(self) -> dict[str, Any] | None:
        """The exact version it runs, when it came from the library."""
        return self._source() if self.kind == "run_script" else None

    @property
    def software(self) -> dict[str, Any] | None:
        """The item, or the bundle, that it is about."""
        return self._source() if self.kind.endswith("_software") else None

    def _source(self) -> dict[str, Any] | None:
        batch = self.batch
        if batch.source_id is None:
            return None
        return {
            "id": batch.source_id,
            "name": batch.source_name,
            "version_id": batch.source_version_id,
            "version_number": batch.source_version_number,
        }

    @property
    def error(self) -> dict[str, str] | None:
        if self.error_code is None:
            return None
        return {"code": self.error_code, "message": self.error_message or ""}

    @property
    def reason(self) -> str | None:
        return reason(self, self.device, now=clock.now())

    @property
    def version(self) -> int:
        return self.changes


class ActionLog(TenantOwned, Table):
    """One chunk of what an action printed. `(action_id, seq)` makes a chunk that is sent twice harmless."""

    __tablename__ = "action_logs"

    action_id: Mapped[UUID] = mapped_column(ForeignKey("actions.id", ondelete="CASCADE"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    stream: Mapped[str] = mapped_column(String(8))
    text: Mapped[str] = mapped_column(Text)
