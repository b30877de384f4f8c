"""Tables of driver packs."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from deployflow.platform import clock
from deployflow.platform.tables import Identified, Table, TenantOwned, Versioned


class DriverPack(TenantOwned, Identified, Versioned, Table):
    """Drivers of one or several machine models. `pack_version` is the maker's word; `version` counts edits.

    Attributes:
        checksum: SHA-256 of the archive that was given.
        content_sha256: The archive that machines get: a zip of our own making, with plain names.
    """

    __tablename__ = "driver_packs"
    __table_args__ = (
        UniqueConstraint("tenant_id", "name", "pack_version"),
        Index(None, "tenant_id", "updated_at", "id"),
        Index(None, "state"),
    )

    name: Mapped[str] = mapped_column(String(200))
    pack_version: Mapped[str] = mapped_column(String(100), default="")
    description: Mapped[str] = mapped_column(String(2000), default="")
    state: Mapped[str] = mapped_column(String(16))
    error_code: Mapped[str | None] = mapped_column(String(64))
    error_message: Mapped[str | None] = mapped_column(String(2000))
    source: Mapped[str] = mapped_column(String(16))
    file_name: Mapped[str] = mapped_column(String(255))
    path: Mapped[str | None] = mapped_column(String(1000))
    upload_id: Mapped[UUID | None] = mapped_column(ForeignKey("uploads.id", ondelete="SET NULL"))
    expected_sha256: Mapped[str | None] = mapped_column(String(64))
    checksum: Mapped[str | None] = mapped_column(String(64))
    source_sha256: Mapped[str | None] = mapped_column(String(64))
    content_sha256: Mapped[str | None] = mapped_column(String(64))
    content_bytes: Mapped[int | None] = mapped_column(BigInteger)
    file_count: Mapped[int] = mapped_column(default=0)
    inf_count: Mapped[int] = mapped_column(default=0)
    broken_inf_count: Mapped[int] = mapped_column(default=0)
    attempt: Mapped[int] = mapped_column(default=1)
    alive_at: Mapped[datetime] = mapped_column(default=clock.now)
    bytes_done: Mapped[int] = mapped_column(BigInteger, default=0)
    bytes_total: Mapped[int | None] = mapped_column(BigInteger)
    created_by_id: Mapped[UUID | None]
    created_by_name: Mapped[str] = mapped_column(String(254))
    updated_at: Mapped[datetime] = mapped_column(default=clock.now)

    rules: Mapped[list["DriverRule"]] = relationship(
        lazy="raise", passive_deletes=True, order_by="DriverRule.position", cascade="all, delete-orphan"
    )
    infs: Mapped[list["DriverInf"]] = relationship(
        lazy="raise", passive_deletes=True, order_by="DriverInf.position", cascade="all, delete-orphan"
    )


class DriverRule(TenantOwned, Table):
    """Machines that a pack is for: by system SKU, or by maker and model. `*` stands for any text."""

    __tablename__ = "driver_rules"

    pack_id: Mapped[UUID] = mapped_column(ForeignKey("driver_packs.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    sku: Mapped[str | None] = mapped_column(String(200))
    manufacturer: Mapped[str | None] = mapped_column(String(200))
    model: Mapped[str | None] = mapped_column(String(200))


class DriverInf(TenantOwned, Table):
    """An INF file of a pack, as it describes itself; or why it cannot be read."""

    __tablename__ = "driver_infs"

    pack_id: Mapped[UUID] = mapped_column(ForeignKey("driver_packs.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    path: Mapped[str] = mapped_column(String(1000))
    device_class: Mapped[str | None] = mapped_column(String(200))
    provider: Mapped[str | None] = mapped_column(String(300))
    driver_version: Mapped[str | None] = mapped_column(String(100))
    driver_date: Mapped[str | None] = mapped_column(String(20))
    architectures: Mapped[list[str]]
    hardware_ids: Mapped[list[str]]
    error: Mapped[str | None] = mapped_column(String(500))
