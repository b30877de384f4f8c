"""The table of runs."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, column
from sqlalchemy.orm import Mapped, mapped_column, relationship

from deployflow.actions.models import ActionBatch
from deployflow.platform import clock
from deployflow.platform.context import Actor
from deployflow.platform.tables import Json, Table, TenantOwned
from deployflow.runs.states import RunState

Order = Literal["hostname", "recent", "random"]


class Run(TenantOwned, Table):
    """One act on many devices. It is the order of a batch, and has the batch's id; its devices are the actions of it.

    Attributes:
        targets: What was asked for, for a copy; who that was, the actions say.
        skipped: Devices that were meant and cannot do it: `{reason, count, examples}` each.
        at_most: So many devices work on it at a time; None for all at once.
        stop_at_percent: It stops when so many of those that ended have failed; see `conducting`.
        counts: Actions by status, once all have ended; until then they are counted.
        ended_at: When the last action ended. A run that was cancelled goes on ending until then.
    """

    __tablename__ = "runs"

    id: Mapped[UUID] = mapped_column(ForeignKey("action_batches.id", ondelete="CASCADE"), primary_key=True)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    state: Mapped[RunState] = mapped_column(String(16), default=RunState.RUNNING)
    state_reason: Mapped[str | None] = mapped_column(String(500))
    title: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(64))
    targets: Mapped[dict[str, Any]] = mapped_column(deferred=True)
    skipped: Mapped[list[dict[str, Any]]] = mapped_column(Json, default=list)
    total: Mapped[int]
    order: Mapped[Order] = mapped_column(String(16))
    at_most: Mapped[int | None]
    stop_at_percent: Mapped[int | None]
    expires_at: Mapped[datetime]
    expires_in_s: Mapped[int]
    timeout_s: Mapped[int | None]
    retry_of: Mapped[UUID | None]
    counts: Mapped[dict[str, Any] | None] = mapped_column(Json)
    ended_at: Mapped[datetime | None]

    batch: Mapped[ActionBatch] = relationship(lazy="raise")

    __table_args__ = (
        Index("ix_runs_tenant_id_created_at_id", "tenant_id", "created_at", "id"),
        Index(
            "ix_runs_live",
            "id",
            postgresql_where=column("ended_at").is_(None),
            sqlite_where=column("ended_at").is_(None),
        ),
    )

    @property
    def created_by(self) -> Actor:
        by = self.batch
        return Actor(type=by.created_by_type, id=by.created_by_id, name=by.created_by_name)
