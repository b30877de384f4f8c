"""The trail's table. Rows are only ever added and then sealed once: triggers of the database see to it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ColumnClause, ForeignKey, Index, String, UniqueConstraint, literal_column
from sqlalchemy.orm import Mapped, mapped_column

from deployflow.platform import clock
from deployflow.platform.ids import new_id
from deployflow.platform.tables import Table, TenantOwned

_UNSEALED: ColumnClause[bool] = literal_column("seq IS NULL")


class AuditEvent(TenantOwned, Table):
    """One thing somebody did. `seq` and `hash` come a moment later, when the event is linked to those before it."""

    __tablename__ = "audit_events"
    __table_args__ = (
        UniqueConstraint("tenant_id", "seq"),
        Index(None, "tenant_id", "at"),
        Index(None, "tenant_id", "actor_id", "at"),
        Index(None, "tenant_id", "target_id", "at"),
        Index(None, "tenant_id", "verb", "at"),
        # The sealer asks each second for what is not sealed yet; that is nearly always nothing.
        Index("ix_audit_events_unsealed", "at", sqlite_where=_UNSEALED, postgresql_where=_UNSEALED),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    at: Mapped[datetime] = mapped_column(default=clock.now)
    actor_type: Mapped[str] = mapped_column(String(20))
    actor_id: Mapped[UUID | None]
    actor_name: Mapped[str] = mapped_column(String(254))
    verb: Mapped[str] = mapped_column(String(80))
    target_type: Mapped[str] = mapped_column(String(40))
    target_id: Mapped[UUID | None]
    target_name: Mapped[str] = mapped_column(String(254))
    changes: Mapped[dict[str, Any]]
    ip: Mapped[str | None] = mapped_column(String(64))
    request_id: Mapped[str | None] = mapped_column(String(64))
    seq: Mapped[int | None] = mapped_column(BigInteger)
    hash: Mapped[bytes | None]

    @property
    def actor(self) -> dict[str, Any]:
        """Who did it."""
        return {"type": self.actor_type, "id": self.actor_id, "name": self.actor_name}

    @property
    def target(self) -> dict[str, Any]:
        """What it was done to."""
        return {"type": self.target_type, "id": self.target_id, "name": self.target_name}


class AuditHead(Table):
    """The end of a tenant's chain. `proof` is sealed under the server's key, which the database does not hold."""

    __tablename__ = "audit_heads"

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenants.id", ondelete="CASCADE"), primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[bytes]
    proof: Mapped[bytes]
