"""The table of sealed credentials."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from deployflow.platform import clock
from deployflow.platform.tables import Identified, Table, TenantOwned, Versioned


class Secret(Identified, TenantOwned, Versioned, Table):
    """A credential under a name. `sealed` opens only in this row, for this tenant, under this server's key."""

    __tablename__ = "secrets"
    __table_args__ = (UniqueConstraint("tenant_id", "name"),)

    name: Mapped[str] = mapped_column(String(100))
    kind: Mapped[str] = mapped_column(String(20))
    description: Mapped[str] = mapped_column(String(1000), default="")
    sealed: Mapped[bytes]
    set_at: Mapped[datetime] = mapped_column(default=clock.now)
    set_by_id: Mapped[UUID | None]
    set_by_name: Mapped[str] = mapped_column(String(254))

    @property
    def set_by(self) -> dict[str, Any] | None:
        """Who set the value: a user or an API key, as they were called then."""
        return {"id": self.set_by_id, "name": self.set_by_name} if self.set_by_id is not None else None
