"""Tables of deployment profiles."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from deployflow.platform import clock
from deployflow.platform.tables import Identified, Table, TenantOwned, Versioned

# JSON on PostgreSQL too, not JSONB: that forgets the order of fields, which files and differences show to people.
# A condition that is not there is NULL, not JSON's null.
_Ordered = JSON(none_as_null=True)


class Profile(TenantOwned, Identified, Versioned, Table):
    """What a machine becomes. Every change makes a version; `current_number` is the newest.

    A template is a profile that nothing is deployed with: a starting point for others. Those that come with the
    product are files and no rows; see `templates`.

    Attributes:
        admin_credentials_ref: The secret with the local administrator's password; None makes one per device.
        template_id: The template that it was made from, a built-in one too.
    """

    __tablename__ = "profiles"
    __table_args__ = (
        UniqueConstraint("tenant_id", "name"),
        Index(None, "tenant_id", "updated_at", "id"),
        Index(None, "os_image_id"),
    )

    name: Mapped[str] = mapped_column(String(200))
    description: Mapped[str] = mapped_column(String(2000), default="")
    # No cascade: an image that a profile names is not deleted. Not RESTRICT, which would stop a tenant's end.
    os_image_id: Mapped[UUID | None] = mapped_column(ForeignKey("os_images.id"))
    edition_index: Mapped[int | None]
    computer_naming_pattern: Mapped[str] = mapped_column(String(100))
    admin_credentials_ref: Mapped[UUID | None]
    agent_auto_install: Mapped[bool] = mapped_column(default=True)
    is_template: Mapped[bool] = mapped_column(default=False)
    template_id: Mapped[UUID | None]
    current_number: Mapped[int] = mapped_column(default=1)
    updated_at: Mapped[datetime] = mapped_column(default=clock.now)

    tasks: Mapped[list["ProfileTask"]] = relationship(
        lazy="raise", passive_deletes=True, order_by="ProfileTask.order", cascade="all, delete-orphan"
    )
    tag_rows: Mapped[list["ProfileTag"]] = relationship(
        lazy="raise", passive_deletes=True, order_by="ProfileTag.tag", cascade="all, delete-orphan"
    )


class ProfileTask(TenantOwned, Identified, Table):
    """One typed step of a profile. `configuration` is what its type's model says, as an administrator wrote it."""

    __tablename__ = "profile_tasks"
    __table_args__ = (Index(None, "profile_id", "order"),)

    profile_id: Mapped[UUID] = mapped_column(ForeignKey("profiles.id", ondelete="CASCADE"))
    order: Mapped[int]
    type: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(200))
    configuration: Mapped[dict[str, Any]] = mapped_column(_Ordered)
    condition: Mapped[dict[str, Any] | None] = mapped_column(_Ordered)
    timeout_s: Mapped[int]
    retries: Mapped[int] = mapped_column(default=0)
    continue_on_error: Mapped[bool] = mapped_column(default=False)


class ProfileVersion(TenantOwned, Identified, Table):
    """A profile as it was at one time. Never changed: deployments are made from it, and differences shown."""

    __tablename__ = "profile_versions"
    __table_args__ = (UniqueConstraint("tenant_id", "profile_id", "number"), Index(None, "profile_id"))

    profile_id: Mapped[UUID] = mapped_column(ForeignKey("profiles.id", ondelete="CASCADE"))
    number: Mapped[int]
    document: Mapped[dict[str, Any]] = mapped_column(_Ordered, deferred=True)
    note: Mapped[str] = mapped_column(String(500), default="")
    created_by_id: Mapped[UUID | None]
    created_by_name: Mapped[str] = mapped_column(String(254))


class ProfileTag(TenantOwned, Table):
    """A word people put on a profile."""

    __tablename__ = "profile_tags"
    __table_args__ = (Index(None, "tenant_id", "tag", "profile_id"),)

    profile_id: Mapped[UUID] = mapped_column(ForeignKey("profiles.id", ondelete="CASCADE"), primary_key=True)
    tag: Mapped[str] = mapped_column(String(64), primary_key=True)


class NamingSequence(TenantOwned, Table):
    """The last number given out for names of one shape, such as `BER-{seq}`.

    Giving out a name locks a row, so that two machines at once get two names. Shapes without a number share the row
    of the empty shape.
    """

    __tablename__ = "naming_sequences"

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenants.id", ondelete="CASCADE"), primary_key=True)
    shape: Mapped[str] = mapped_column(String(100), primary_key=True)
    last: Mapped[int] = mapped_column(default=0)
