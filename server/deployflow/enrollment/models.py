"""Tables of the enrollment domain."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from deployflow.platform import clock
from deployflow.platform.tables import Identified, Table, TenantOwned, Versioned


class EnrollmentToken(TenantOwned, Identified, Versioned, Table):
    """What lets a machine become a device. Only a hash of its secret is kept."""

    __tablename__ = "enrollment_tokens"
    __table_args__ = (Index(None, "tenant_id", "created_at", "id"),)

    name: Mapped[str] = mapped_column(String(120))
    description: Mapped[str] = mapped_column(Text, default="")
    prefix: Mapped[str] = mapped_column(String(20), unique=True)
    secret_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    created_by_type: Mapped[str] = mapped_column(String(20))
    created_by_id: Mapped[UUID | None]
    created_by_name: Mapped[str] = mapped_column(String(255))
    expires_at: Mapped[datetime]
    max_uses: Mapped[int]
    uses: Mapped[int] = mapped_column(default=0)
    auto_approve: Mapped[bool]
    allowed_networks: Mapped[list[str]] = mapped_column(default=list)
    scopes: Mapped[list[str]] = mapped_column(default=list)
    allowed_profiles: Mapped[list[str]] = mapped_column(default=list)
    tags: Mapped[list[str]] = mapped_column(default=list)
    revoked_at: Mapped[datetime | None]
    # A deployment's token is for the one machine that was deployed, and makes its key the device's.
    bound_device_id: Mapped[UUID | None]
    bound_machine_uuid: Mapped[str | None] = mapped_column(String(36))
    bound_deployment_id: Mapped[UUID | None]


class EnrollmentUse(TenantOwned, Identified, Table):
    """One enrolment by a token."""

    __tablename__ = "enrollment_uses"
    __table_args__ = (
        # The same key by the same token is the same enrolment, however often it is sent.
        UniqueConstraint("token_id", "key_id"),
        Index(None, "tenant_id", "token_id", "at"),
        Index(None, "device_id"),
        Index(None, "key_id"),
    )

    token_id: Mapped[UUID] = mapped_column(ForeignKey("enrollment_tokens.id", ondelete="CASCADE"))
    device_id: Mapped[UUID] = mapped_column(ForeignKey("devices.id", ondelete="CASCADE"))
    key_id: Mapped[UUID] = mapped_column(ForeignKey("device_keys.id", ondelete="CASCADE"))
    at: Mapped[datetime] = mapped_column(default=clock.now)
    ip: Mapped[str | None] = mapped_column(String(45))
