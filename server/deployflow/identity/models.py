"""The tables of identity.

A user is one person on this server, whatever tenants they work in; a membership is what they are in one of them.
Users, sessions and what hangs on them therefore belong to no tenant and are looked up by their own keys only.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from deployflow.platform import clock
from deployflow.platform.tables import Identified, Table, TenantOwned, Versioned

DEFAULT_ACTION_EXPIRY_DAYS = 14


class Installation(Table):
    """One row, made by whoever makes the first user: the lock that lets only one set-up win."""

    __tablename__ = "installation"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    set_up_at: Mapped[datetime] = mapped_column(default=clock.now)


class SetupToken(Table):
    """A first-run token that some server process printed; all go when the first user exists."""

    __tablename__ = "setup_tokens"

    token_hash: Mapped[bytes] = mapped_column(primary_key=True)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)


class Tenant(Identified, Versioned, Table):
    """A customer organisation and its settings; owns everything that is not identity."""

    __tablename__ = "tenants"
    __table_args__ = (UniqueConstraint("slug"),)

    name: Mapped[str] = mapped_column(String(200))
    slug: Mapped[str] = mapped_column(String(63))
    public_url: Mapped[str | None] = mapped_column(String(300))
    action_expiry_days: Mapped[int] = mapped_column(default=DEFAULT_ACTION_EXPIRY_DAYS)


class User(Identified, Table):
    """A person. `email` is kept in lower case."""

    __tablename__ = "users"
    __table_args__ = (UniqueConstraint("email"),)

    email: Mapped[str] = mapped_column(String(254))
    name: Mapped[str] = mapped_column(String(200))
    password_hash: Mapped[str | None] = mapped_column(String(200))
    password_set_at: Mapped[datetime | None]
    totp_secret: Mapped[bytes | None]
    totp_pending_secret: Mapped[bytes | None]
    totp_last_step: Mapped[int] = mapped_column(default=0)
    last_sign_in_at: Mapped[datetime | None]

    @property
    def totp_enabled(self) -> bool:
        """Whether a code is asked for at sign-in."""
        return self.totp_secret is not None


class Role(Identified, TenantOwned, Versioned, Table):
    """A set of permissions. A built-in one takes them from code, so that it grows with the product."""

    __tablename__ = "roles"
    __table_args__ = (UniqueConstraint("tenant_id", "name"), UniqueConstraint("tenant_id", "id"))

    name: Mapped[str] = mapped_column(String(100))
    description: Mapped[str] = mapped_column(String(1000), default="")
    permissions: Mapped[list[str]]
    built_in: Mapped[str | None] = mapped_column(String(30))


class Membership(Identified, TenantOwned, Versioned, Table):
    """A user in a tenant, in one role."""

    __tablename__ = "memberships"
    __table_args__ = (
        UniqueConstraint("tenant_id", "user_id"),
        ForeignKeyConstraint(["tenant_id", "role_id"], ["roles.tenant_id", "roles.id"]),
        Index(None, "user_id"),
        Index(None, "tenant_id", "role_id"),
    )

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    role_id: Mapped[UUID]
    is_active: Mapped[bool] = mapped_column(default=True)
    user: Mapped[User] = relationship(lazy="raise")
    role: Mapped[Role] = relationship(lazy="raise", overlaps="tenant_id")


class UserSession(Identified, Table):
    """A signed-in browser. The cookie holds a random id; only its SHA-256 is kept."""

    __tablename__ = "sessions"
    __table_args__ = (UniqueConstraint("token_hash"), Index(None, "user_id"), Index(None, "expires_at"))

    token_hash: Mapped[bytes]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenants.id", ondelete="CASCADE"))
    last_used_at: Mapped[datetime] = mapped_column(default=clock.now)
    expires_at: Mapped[datetime]
    step_up_until: Mapped[datetime | None]
    ip: Mapped[str | None] = mapped_column(String(64))
    user_agent: Mapped[str | None] = mapped_column(String(300))


class SignInChallenge(Identified, Table):
    """The time between the right password and the right code: short, single-use, few tries."""

    __tablename__ = "sign_in_challenges"
    __table_args__ = (UniqueConstraint("token_hash"), Index(None, "expires_at"))

    token_hash: Mapped[bytes]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    expires_at: Mapped[datetime]
    tries_left: Mapped[int]


class RecoveryCode(Identified, Table):
    """Signs in once instead of a TOTP code."""

    __tablename__ = "recovery_codes"
    __table_args__ = (UniqueConstraint("user_id", "code_hash"),)

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    code_hash: Mapped[bytes]
    used_at: Mapped[datetime | None]


class Invitation(Identified, Table):
    """A one-time link with which a user sets their password. A new one replaces those before."""

    __tablename__ = "invitations"
    __table_args__ = (UniqueConstraint("token_hash"), Index(None, "user_id"))

    token_hash: Mapped[bytes]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenants.id", ondelete="CASCADE"))
    expires_at: Mapped[datetime]


class SignInThrottle(Table):
    """Failed sign-ins of one account name, known or not, so that a lock says nothing about who exists."""

    __tablename__ = "sign_in_throttles"
    __table_args__ = (Index(None, "last_failed_at"),)

    account_hash: Mapped[bytes] = mapped_column(primary_key=True)
    failures: Mapped[int] = mapped_column(default=0)
    last_failed_at: Mapped[datetime] = mapped_column(default=clock.now)
    locked_until: Mapped[datetime | None]


class ApiKey(Identified, TenantOwned, Versioned, Table):
    """A key for programs. It can do what was asked for and its creator may still do: see `access`."""

    __tablename__ = "api_keys"
    __table_args__ = (UniqueConstraint("public_id"), Index(None, "tenant_id", "created_at"))

    name: Mapped[str] = mapped_column(String(100))
    public_id: Mapped[str] = mapped_column(String(16))
    secret_hash: Mapped[bytes]
    permissions: Mapped[list[str]]
    created_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    expires_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    created_by: Mapped[User | None] = relationship(lazy="raise")

    @property
    def prefix(self) -> str:
        """What people recognise the key by."""
        return f"dfk_{self.public_id}"
