"""Tables of the script library."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, column
from sqlalchemy.orm import Mapped, mapped_column, relationship

from deployflow.platform import clock
from deployflow.platform.tables import Identified, Json, Table, TenantOwned, Versioned


class Script(TenantOwned, Identified, Versioned, Table):
    """A script by its name. What it does stands in its versions; `current_number` is the newest."""

    __tablename__ = "scripts"
    __table_args__ = (
        # A deleted script keeps its row, because actions still name it; its name is free again.
        Index(
            "uq_scripts_tenant_id_name",
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
    language: Mapped[str] = mapped_column(String(16))
    timeout_s: Mapped[int]
    updated_at: Mapped[datetime] = mapped_column(default=clock.now)
    current_number: Mapped[int] = mapped_column(default=1)
    deleted_at: Mapped[datetime | None]

    versions: Mapped[list["ScriptVersion"]] = relationship(
        lazy="raise", passive_deletes=True, order_by="ScriptVersion.number.desc()"
    )
    tag_rows: Mapped[list["ScriptTag"]] = relationship(
        lazy="raise", passive_deletes=True, order_by="ScriptTag.tag", cascade="all, delete-orphan"
    )


class ScriptVersion(TenantOwned, Identified, Table):
    """What a script was at one time. Never changed: actions name the exact version they ran."""

    __tablename__ = "script_versions"
    __table_args__ = (UniqueConstraint("tenant_id", "script_id", "number"), Index(None, "script_id"))

    script_id: Mapped[UUID] = mapped_column(ForeignKey("scripts.id", ondelete="CASCADE"))
    number: Mapped[int]
    body: Mapped[str] = mapped_column(Text, deferred=True)
    sha256: Mapped[str] = mapped_column(String(64))
    parameters: Mapped[list[dict[str, Any]]] = mapped_column(Json)
    note: Mapped[str] = mapped_column(String(500), default="")
    created_by_id: Mapped[UUID | None]
    created_by_name: Mapped[str] = mapped_column(String(254))


class ScriptTag(TenantOwned, Table):
    """A word people put on a script."""

    __tablename__ = "script_tags"
    __table_args__ = (Index(None, "tenant_id", "tag", "script_id"),)

    script_id: Mapped[UUID] = mapped_column(ForeignKey("scripts.id", ondelete="CASCADE"), primary_key=True)
    tag: Mapped[str] = mapped_column(String(64), primary_key=True)
