"""Tables of the software library."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, UniqueConstraint, column
from sqlalchemy.orm import Mapped, mapped_column, relationship

from deployflow.platform import clock
from deployflow.platform.tables import Identified, Json, Table, TenantOwned, Versioned


class Software(TenantOwned, Identified, Versioned, Table):
    """An item by its name. How it is installed stands in its versions; `current_number` is the newest."""

    __tablename__ = "software"
    __table_args__ = (
        # A deleted item keeps its row, because actions still name it; its name is free again.
        Index(
            "uq_software_tenant_id_name",
            "tenant_id",
            "name",
            unique=True,
            postgresql_where=column("deleted_at").is_(None),
            sqlite_where=column("deleted_at").is_(None),
        ),
        Index(None, "tenant_id", "updated_at", "id"),
    )

    name: Mapped[str] = mapped_column(String(200))
    description: Mapped[str] = mapped_column(String(2000), default="")
    publisher: Mapped[str] = mapped_column(String(200), default="")
    icon: Mapped[str | None] = mapped_column(Text)
    updated_at: Mapped[datetime] = mapped_column(default=clock.now)
    current_number: Mapped[int] = mapped_column(default=1)
    deleted_at: Mapped[datetime | None]

    tag_rows: Mapped[list["SoftwareTag"]] = relationship(
        lazy="raise", passive_deletes=True, order_by="SoftwareTag.tag", cascade="all, delete-orphan"
    )


class SoftwareVersion(TenantOwned, Identified, Table):
    """How an item was installed at one time. Never changed: actions name the exact version they ran.

    Attributes:
        software_version: What its maker calls this version; `number` counts ours.
        inventory_name: What the machine's list of programs calls it; that list then tells whether it is there.
        chunks: SHA-256 of each piece of the installer.
    """

    __tablename__ = "software_versions"
    __table_args__ = (
        UniqueConstraint("tenant_id", "software_id", "number"),
        Index(None, "software_id"),
        Index(None, "installer_sha256"),
    )

    software_id: Mapped[UUID] = mapped_column(ForeignKey("software.id", ondelete="CASCADE"))
    number: Mapped[int]
    software_version: Mapped[str] = mapped_column(String(100), default="")
    os_family: Mapped[str] = mapped_column(String(16))
    architecture: Mapped[str | None] = mapped_column(String(16))
    min_os_version: Mapped[str | None] = mapped_column(String(40))
    install_command: Mapped[str] = mapped_column(String(4000))
    uninstall_command: Mapped[str | None] = mapped_column(String(4000))
    detection: Mapped[dict[str, Any] | None] = mapped_column(Json)
    inventory_name: Mapped[str | None] = mapped_column(String(255))
    exit_codes: Mapped[list[dict[str, Any]]] = mapped_column(Json)
    timeout_s: Mapped[int]
    installer_name: Mapped[str | None] = mapped_column(String(255))
    installer_sha256: Mapped[str | None] = mapped_column(String(64))
    installer_bytes: Mapped[int | None] = mapped_column(BigInteger)
    chunks: Mapped[list[str]] = mapped_column(deferred=True)
    note: Mapped[str] = mapped_column(String(500), default="")
    created_by_id: Mapped[UUID | None]
    created_by_name: Mapped[str] = mapped_column(String(254))


class SoftwareTag(TenantOwned, Table):
    """A word people put on an item."""

    __tablename__ = "software_tags"
    __table_args__ = (Index(None, "tenant_id", "tag", "software_id"),)

    software_id: Mapped[UUID] = mapped_column(ForeignKey("software.id", ondelete="CASCADE"), primary_key=True)
    tag: Mapped[str] = mapped_column(String(64), primary_key=True)


class SoftwareInstaller(TenantOwned, Identified, Table):
    """A file that is to become an item's installer: brought here, hashed and read. Dropped a week after.

    Attributes:
        facts: What the file says of itself, and the commands that follow from it.
    """

    __tablename__ = "software_installers"
    __table_args__ = (Index(None, "tenant_id", "created_at", "id"), Index(None, "state"), Index(None, "updated_at"))

    state: Mapped[str] = mapped_column(String(16))
    error_code: Mapped[str | None] = mapped_column(String(64))
    error_message: Mapped[str | None] = mapped_column(String(2000))
    source: Mapped[str] = mapped_column(String(16))
    file_name: Mapped[str] = mapped_column(String(255))
    url: Mapped[str | None] = mapped_column(String(2000))
    upload_id: Mapped[UUID | None] = mapped_column(ForeignKey("uploads.id", ondelete="SET NULL"))
    expected_sha256: Mapped[str | None] = mapped_column(String(64))
    sha256: Mapped[str | None] = mapped_column(String(64))
    size_bytes: Mapped[int | None] = mapped_column(BigInteger)
    chunks: Mapped[list[str]] = mapped_column(deferred=True, default=list)
    facts: Mapped[dict[str, Any] | None] = mapped_column(Json)
    attempt: Mapped[int] = mapped_column(default=1)
    alive_at: Mapped[datetime] = mapped_column(default=clock.now)
    bytes_done: Mapped[int] = mapped_column(BigInteger, default=0)
    bytes_total: Mapped[int | None] = mapped_column(BigInteger)
    created_by_id: Mapped[UUID | None]
    created_by_name: Mapped[str] = mapped_column(String(254))
    updated_at: Mapped[datetime] = mapped_column(default=clock.now)


class SoftwareBundle(TenantOwned, Identified, Versioned, Table):
    """Items that are installed together, in their order."""

    __tablename__ = "software_bundles"
    __table_args__ = (UniqueConstraint("tenant_id", "name"), Index(None, "tenant_id", "updated_at", "id"))

    name: Mapped[str] = mapped_column(String(200))
    description: Mapped[str] = mapped_column(String(2000), default="")
    updated_at: Mapped[datetime] = mapped_column(default=clock.now)

    item_rows: Mapped[list["SoftwareBundleItem"]] = relationship(
        lazy="raise", passive_deletes=True, order_by="SoftwareBundleItem.position", cascade="all, delete-orphan"
    )


class SoftwareBundleItem(TenantOwned, Table):
    """One place in a bundle."""

    __tablename__ = "software_bundle_items"
    __table_args__ = (Index(None, "software_id"),)

    bundle_id: Mapped[UUID] = mapped_column(ForeignKey("software_bundles.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    software_id: Mapped[UUID] = mapped_column(ForeignKey("software.id", ondelete="CASCADE"))
    continue_on_error: Mapped[bool] = mapped_column(default=False)

    software: Mapped[Software] = relationship(lazy="raise")


class DeviceSoftware(TenantOwned, Table):
    """How an item stands on a device, as was last seen. What is pending stands in the ledger, not here.

    Attributes:
        seen_by: `action` where its detection rule ran, `inventory` where the machine's list of programs told.
        error_code: Of the last action that did not work; empty again after one that did.
    """

    __tablename__ = "device_software"
    __table_args__ = (Index(None, "device_id"), Index(None, "tenant_id", "software_id", "state"))

    software_id: Mapped[UUID] = mapped_column(ForeignKey("software.id", ondelete="CASCADE"), primary_key=True)
    device_id: Mapped[UUID] = mapped_column(ForeignKey("devices.id", ondelete="CASCADE"), primary_key=True)
    state: Mapped[str] = mapped_column(String(16))
    found_version: Mapped[str | None] = mapped_column(String(255))
    seen_by: Mapped[str] = mapped_column(String(16))
    seen_at: Mapped[datetime] = mapped_column(default=clock.now)
    action_id: Mapped[UUID | None]
    error_code: Mapped[str | None] = mapped_column(String(64))
    error_message: Mapped[str | None] = mapped_column(String(2000))
