"""The table of uploads."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from deployflow.platform.tables import Identified, Table, TenantOwned


class Upload(TenantOwned, Identified, Table):
    """A file that comes in pieces. How much is here says its length on disk, not a column: that survives every crash.

    `file_name` is what the client calls it, for people to read; it never names anything on the server.
    """

    __tablename__ = "uploads"
    __table_args__ = (Index(None, "tenant_id", "created_at", "id"), Index(None, "expires_at"))

    purpose: Mapped[str] = mapped_column(String(32))
    file_name: Mapped[str] = mapped_column(String(255))
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(String(16))
    created_by_id: Mapped[UUID | None]
    created_by_name: Mapped[str] = mapped_column(String(254))
    finished_at: Mapped[datetime | None]
    expires_at: Mapped[datetime]
