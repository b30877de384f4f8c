"""Tables of starting from the network: sites, machines seen there, their sessions, technicians' PINs."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint, column
from sqlalchemy.orm import Mapped, mapped_column

from deployflow.boot.states import SessionState
from deployflow.platform import clock
from deployflow.platform.tables import Identified, Table, TenantOwned, Versioned


class BootSite(Identified, TenantOwned, Versioned, Table):
    """A network that machines start from. Each organisation has one from the beginning.

    Attributes:
        key: Stands in the address that DHCP gives out. It finds the site and opens nothing.
        profile_ids: Offered in the menu; empty for all that can be deployed.
        networks: Who may start here; empty for everybody who knows the key.
        trusted_network: Plain HTTP is accepted: nobody in between changes what is sent.
    """

    __tablename__ = "boot_sites"
    __table_args__ = (UniqueConstraint("tenant_id", "name"), UniqueConstraint("tenant_id", "code"))

    name: Mapped[str] = mapped_column(String(200))
    code: Mapped[str] = mapped_column(String(16))
    key: Mapped[str] = mapped_column(String(32), unique=True)
    unknown_machines: Mapped[str] = mapped_column(String(16), default="menu")
    environment: Mapped[str] = mapped_column(String(16), default="linux")
    default_profile_id: Mapped[UUID | None]
    profile_ids: Mapped[list[str]] = mapped_column(default=list)
    menu_timeout_s: Mapped[int] = mapped_column(default=30)
    networks: Mapped[list[str]] = mapped_column(default=list)
    trusted_network: Mapped[bool] = mapped_column(default=False)


class DiscoveredMachine(Identified, TenantOwned, Table):
    """A machine that asked what to start. Kept few and short: anybody on the network can make them up."""

    __tablename__ = "discovered_machines"
    __table_args__ = (
        UniqueConstraint("site_id", "mac"),
        Index(None, "tenant_id", "last_seen_at", "id"),
        Index(None, "tenant_id", "machine_uuid"),
    )

    site_id: Mapped[UUID] = mapped_column(ForeignKey("boot_sites.id", ondelete="CASCADE"))
    mac: Mapped[str] = mapped_column(String(17))
    machine_uuid: Mapped[str | None] = mapped_column(String(36))
    machine_serial: Mapped[str | None] = mapped_column(String(511))
    smbios_uuid: Mapped[str | None] = mapped_column(String(64))
    serial: Mapped[str] = mapped_column(String(255), default="")
    manufacturer: Mapped[str] = mapped_column(String(255), default="")
    model: Mapped[str] = mapped_column(String(255), default="")
    asset: Mapped[str] = mapped_column(String(255), default="")
    platform: Mapped[str] = mapped_column(String(16), default="")
    ip: Mapped[str | None] = mapped_column(String(45))
    device_id: Mapped[UUID | None] = mapped_column(ForeignKey("devices.id", ondelete="SET NULL"))
    last_seen_at: Mapped[datetime] = mapped_column(default=clock.now)
    last_answer: Mapped[str] = mapped_column(String(16), default="")
    times_seen: Mapped[int] = mapped_column(default=1)


def _waits() -> Any:
    return column("state", String) == SessionState.WAITING


class BootSession(Identified, TenantOwned, Table):
    """A machine in the boot environment, known by the key it made in memory.

    Attributes:
        reason: For the console; `told` is what of it the machine's own screen says while it waits.
        seq: How many of its reports were kept.
        plan, signature: What it was given, byte for byte, once it was approved.
    """

    __tablename__ = "boot_sessions"
    __table_args__ = (
        Index(None, "tenant_id", "created_at", "id"),
        Index(None, "deployment_id"),
        Index("ix_boot_sessions_waiting", "expires_at", postgresql_where=_waits(), sqlite_where=_waits()),
    )

    thumbprint: Mapped[str] = mapped_column(String(43), unique=True)
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    nonce: Mapped[bytes] = mapped_column(LargeBinary)
    state: Mapped[SessionState] = mapped_column(String(16))
    reason: Mapped[str | None] = mapped_column(String(500))
    told: Mapped[str | None] = mapped_column(String(500))
    site_id: Mapped[UUID] = mapped_column(ForeignKey("boot_sites.id", ondelete="CASCADE"))
    profile_id: Mapped[UUID | None]
    environment: Mapped[str] = mapped_column(String(16))
    agent_version: Mapped[str] = mapped_column(String(64))
    ip: Mapped[str | None] = mapped_column(String(45))
    facts: Mapped[dict[str, Any]]
    machine_uuid: Mapped[str | None] = mapped_column(String(36))
    machine_serial: Mapped[str | None] = mapped_column(String(511))
    device_id: Mapped[UUID | None] = mapped_column(ForeignKey("devices.id", ondelete="SET NULL"))
    deployment_id: Mapped[UUID | None] = mapped_column(ForeignKey("deployments.id", ondelete="SET NULL"))
    expires_at: Mapped[datetime]
    last_seen_at: Mapped[datetime] = mapped_column(default=clock.now)
    wrong_pins: Mapped[int] = mapped_column(default=0)
    wrong_codes: Mapped[int] = mapped_column(default=0)
    approved_how: Mapped[str | None] = mapped_column(String(16))
    approved_by: Mapped[str | None] = mapped_column(String(255))
    approved_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    seq: Mapped[int] = mapped_column(default=0)
    plan: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    signature: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)


class TechnicianPin(Identified, TenantOwned, Table):
    """Eight digits that let a technician approve at the machine, at one site, for some hours.

    Attributes:
        sealed: The digits under the server's key: they are few, and a hash of them would tell them.
    """

    __tablename__ = "technician_pins"
    __table_args__ = (Index(None, "tenant_id", "created_at", "id"), Index(None, "site_id"))

    site_id: Mapped[UUID] = mapped_column(ForeignKey("boot_sites.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(120))
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    uses: Mapped[int] = mapped_column(default=0)
    last_used_at: Mapped[datetime | None]
    created_by_id: Mapped[UUID | None]
    created_by_name: Mapped[str] = mapped_column(String(255))


class WrongPin(Identified, Table):
    """A wrong PIN at a site; counted over all sessions and processes of it."""

    __tablename__ = "wrong_pins"
    __table_args__ = (Index(None, "site_id", "created_at"),)

    site_id: Mapped[UUID] = mapped_column(ForeignKey("boot_sites.id", ondelete="CASCADE"))
