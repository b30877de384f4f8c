"""Tables of the devices domain."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, BigInteger, Boolean, ForeignKey, Index, LargeBinary, String, UniqueConstraint, column
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from deployflow.devices.states import DeviceState, KeyState
from deployflow.platform import clock
from deployflow.platform.tables import Identified, Table, TenantOwned, Versioned

# Made by the migration on one database only, which the comparison with these models leaves out.
# SQLite: covers every field the list filters by, so that a search reads 250 bytes a device and not its whole row.
# PostgreSQL: trigrams, where the extension may be installed.
ONE_DATABASE_INDEXES = frozenset({"ix_devices_list", "ix_devices_search_text"})
NAME = String(255)
STATE = String(20)
THUMBPRINT = String(43)


class Device(TenantOwned, Identified, Versioned, Table):
    """A machine, one row through all its lives.

    Text that lists sort and filter by is never NULL but empty: an index then serves the order both ways, and the
    cursor is one row comparison. Schemas show empty as null.
    """

    __tablename__ = "devices"
    __table_args__ = (
        # A machine has one row, also when two of its enrolments race.
        UniqueConstraint("tenant_id", "machine_uuid"),
        UniqueConstraint("tenant_id", "machine_serial"),
        Index(None, "tenant_id", "last_check_in", "id"),
        Index(None, "tenant_id", "hostname", "id"),
        Index(None, "tenant_id", "os_name", "id"),
        Index(None, "tenant_id", "model", "id"),
        Index(None, "tenant_id", "state", "id"),
        # The sweep's: few rows, and none of those that are offline.
        Index(
            "ix_devices_online_last_check_in",
            "last_check_in",
            postgresql_where=column("online"),
            sqlite_where=column("online") == 1,
        ),
        # The list's. A check-in never touches it.
        Index(
            "ix_devices_offline_last_check_in",
            "tenant_id",
            "last_check_in",
            "id",
            postgresql_where=~column("online", Boolean()),
            sqlite_where=column("online") == 0,
        ),
    )

    hostname: Mapped[str] = mapped_column(NAME)
    state: Mapped[DeviceState] = mapped_column(STATE)
    state_reason: Mapped[str | None] = mapped_column(String(500))
    pending_key: Mapped[bool] = mapped_column(default=False)
    enrolled_at: Mapped[datetime] = mapped_column(default=clock.now)
    key_protection: Mapped[str] = mapped_column(STATE)

    online: Mapped[bool] = mapped_column(default=False)
    last_check_in: Mapped[datetime] = mapped_column(default=clock.now)
    agent_version: Mapped[str] = mapped_column(String(64), default="")

    os_family: Mapped[str] = mapped_column(STATE, default="")
    os_name: Mapped[str] = mapped_column(NAME, default="")
    os_version: Mapped[str] = mapped_column(NAME, default="")
    os_build: Mapped[str | None] = mapped_column(NAME)
    architecture: Mapped[str] = mapped_column(STATE, default="")
    manufacturer: Mapped[str] = mapped_column(NAME, default="")
    model: Mapped[str] = mapped_column(NAME, default="")
    sku: Mapped[str | None] = mapped_column(NAME)
    serial: Mapped[str] = mapped_column(NAME, default="")
    smbios_uuid: Mapped[str | None] = mapped_column(String(64))
    cpu_name: Mapped[str | None] = mapped_column(NAME)
    cpu_cores: Mapped[int | None]
    memory_bytes: Mapped[int | None] = mapped_column(BigInteger)
    disk_bytes: Mapped[int | None] = mapped_column(BigInteger)
    logged_on_user: Mapped[str] = mapped_column(NAME, default="")
    boot_time: Mapped[datetime | None]

    machine_uuid: Mapped[str | None] = mapped_column(String(36))
    machine_serial: Mapped[str | None] = mapped_column(String(511))
    inventory_hash: Mapped[str | None] = mapped_column(String(64))
    search_text: Mapped[str] = mapped_column(String(1400), default="")

    keys: Mapped[list["DeviceKey"]] = relationship(lazy="raise", passive_deletes=True)
    tag_rows: Mapped[list["DeviceTag"]] = relationship(
        lazy="raise", passive_deletes=True, order_by="DeviceTag.tag", cascade="all, delete-orphan"
    )


class DeviceKey(TenantOwned, Identified, Table):
    """A key made on a device. A device has several over its life, at most one of them active.

    The receipts prove that one machine only holds the key; see `runs`.

    Attributes:
        claims: What the machine said of itself when it brought this key: for the person who approves it.
    """

    __tablename__ = "device_keys"
    __table_args__ = (Index(None, "device_id"),)

    device_id: Mapped[UUID] = mapped_column(ForeignKey("devices.id", ondelete="CASCADE"))
    thumbprint: Mapped[str] = mapped_column(THUMBPRINT, unique=True)
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    protection: Mapped[str] = mapped_column(STATE)
    state: Mapped[KeyState] = mapped_column(STATE)
    claims: Mapped[dict[str, Any]]
    ip: Mapped[str | None] = mapped_column(String(45))

    run_id: Mapped[UUID | None]
    run_before: Mapped[UUID | None]
    receipt: Mapped[str | None] = mapped_column(String(64))
    receipt_before: Mapped[str | None] = mapped_column(String(64))
    receipt_shown: Mapped[bool] = mapped_column(default=False)


class DeviceTag(TenantOwned, Table):
    """A word people put on a device."""

    __tablename__ = "device_tags"
    __table_args__ = (Index(None, "tenant_id", "tag", "device_id"),)

    # First in the key: SQLite would otherwise read all tags of the tenant to find those of a page.
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenants.id", ondelete="CASCADE"), primary_key=True)
    device_id: Mapped[UUID] = mapped_column(ForeignKey("devices.id", ondelete="CASCADE"), primary_key=True)
    tag: Mapped[str] = mapped_column(String(64), primary_key=True)


class DeviceGroup(TenantOwned, Identified, Versioned, Table):
    """Devices that belong together: chosen one by one, or, where there is a filter, all that it finds right now."""

    __tablename__ = "device_groups"
    __table_args__ = (UniqueConstraint("tenant_id", "name"),)

    name: Mapped[str] = mapped_column(String(200))
    description: Mapped[str] = mapped_column(String(2000), default="")
    # What is not there is NULL, not JSON's null.
    filter: Mapped[dict[str, Any] | None] = mapped_column(
        JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
    )
    updated_at: Mapped[datetime] = mapped_column(default=clock.now)

    @property
    def is_dynamic(self) -> bool:
        return self.filter is not None


class DeviceGroupMember(TenantOwned, Table):
    """A device in a static group."""

    __tablename__ = "device_group_members"
    __table_args__ = (Index(None, "device_id"),)

    group_id: Mapped[UUID] = mapped_column(ForeignKey("device_groups.id", ondelete="CASCADE"), primary_key=True)
    device_id: Mapped[UUID] = mapped_column(ForeignKey("devices.id", ondelete="CASCADE"), primary_key=True)


class DeviceInventory(TenantOwned, Table):
    """The newest inventory of a device, in full. What lists show is copied to the device's row."""

    __tablename__ = "device_inventories"

    device_id: Mapped[UUID] = mapped_column(ForeignKey("devices.id", ondelete="CASCADE"), primary_key=True)
    hash: Mapped[str] = mapped_column(String(64))
    received_at: Mapped[datetime] = mapped_column(default=clock.now)
    inventory: Mapped[dict[str, Any]]


class DeviceSample(TenantOwned, Table):
    """How many devices were online at an hour."""

    __tablename__ = "device_samples"

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenants.id", ondelete="CASCADE"), primary_key=True)
    at: Mapped[datetime] = mapped_column(primary_key=True)
    online: Mapped[int]
    total: Mapped[int]


class RequestNonce(Table):
    """A nonce that was spent, kept until its request would be too old anyway. Belongs to a key, not a tenant."""

    __tablename__ = "request_nonces"

    thumbprint: Mapped[str] = mapped_column(THUMBPRINT, primary_key=True)
    nonce: Mapped[str] = mapped_column(String(22), primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(index=True)
