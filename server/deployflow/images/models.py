"""Tables of OS images, their imports and the boot environments."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from deployflow.platform import clock
from deployflow.platform.tables import Identified, Table, TenantOwned, Versioned


class OsImage(TenantOwned, Identified, Versioned, Table):
    """A Windows image. `image_version` is what people call its version; `version` counts edits, as everywhere.

    Attributes:
        download_url: Where it was fetched from, if it was.
        checksum: SHA-256 of the file that was given, an ISO for instance.
        content_sha256: The WIM that machines apply while they download it, pipable. None until it is ready.
        wim_sha256: The same for DISM in WinPE, which reads no pipable WIM: the WIM or ESD as it came, unless that was
            pipable itself. None for images that were imported before both were kept.
    """

    __tablename__ = "os_images"
    __table_args__ = (
        UniqueConstraint("tenant_id", "name", "image_version"),
        Index(None, "tenant_id", "updated_at", "id"),
    )

    name: Mapped[str] = mapped_column(String(200))
    image_version: Mapped[str] = mapped_column(String(100), default="")
    description: Mapped[str] = mapped_column(String(2000), default="")
    state: Mapped[str] = mapped_column(String(16))
    architecture: Mapped[str | None] = mapped_column(String(16))
    download_url: Mapped[str | None] = mapped_column(String(2000))
    checksum: Mapped[str | None] = mapped_column(String(64))
    content_sha256: Mapped[str | None] = mapped_column(String(64))
    content_bytes: Mapped[int | None] = mapped_column(BigInteger)
    wim_sha256: Mapped[str | None] = mapped_column(String(64))
    wim_bytes: Mapped[int | None] = mapped_column(BigInteger)
    updated_at: Mapped[datetime] = mapped_column(default=clock.now)

    editions: Mapped[list["ImageEdition"]] = relationship(
        lazy="raise", passive_deletes=True, order_by="ImageEdition.index", cascade="all, delete-orphan"
    )
    boot_files: Mapped[list["ImageBootFile"]] = relationship(
        lazy="raise", passive_deletes=True, order_by="ImageBootFile.name", cascade="all, delete-orphan"
    )
    # One image, one import; its row says how the image came here.
    import_row: Mapped["ImageImport"] = relationship(lazy="raise", passive_deletes=True, uselist=False)


class ImageEdition(TenantOwned, Table):
    """One image inside the WIM: Windows 11 Pro, say. `index` is its number there."""

    __tablename__ = "image_editions"

    image_id: Mapped[UUID] = mapped_column(ForeignKey("os_images.id", ondelete="CASCADE"), primary_key=True)
    index: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(String(255))
    description: Mapped[str] = mapped_column(String(2000), default="")
    edition_id: Mapped[str | None] = mapped_column(String(100))
    architecture: Mapped[str | None] = mapped_column(String(16))
    build: Mapped[str | None] = mapped_column(String(40))
    languages: Mapped[list[str]]
    size_bytes: Mapped[int] = mapped_column(BigInteger)


class ImageBootFile(TenantOwned, Table):
    """A file that an ISO brought for booting: `boot.wim`, `boot.sdi`, `BCD`, `bootmgr`."""

    __tablename__ = "image_boot_files"

    image_id: Mapped[UUID] = mapped_column(ForeignKey("os_images.id", ondelete="CASCADE"), primary_key=True)
    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64))
    size_bytes: Mapped[int] = mapped_column(BigInteger)


class ImageImport(TenantOwned, Identified, Table):
    """How an image comes here: where from, how far, and what went wrong.

    Attributes:
        source_sha256: The given file, once it lies in the content store; lost interest in when the image is ready.
        wim_sha256: The WIM or ESD taken out of it.
        stopped_in: The step that it failed in or was called off in.
        resumed: How often a step began once more because the server had ended, since the attempt began.
    """

    __tablename__ = "image_imports"
    __table_args__ = (UniqueConstraint("image_id"), Index(None, "tenant_id", "created_at", "id"), Index(None, "state"))

    image_id: Mapped[UUID] = mapped_column(ForeignKey("os_images.id", ondelete="CASCADE"))
    source: Mapped[str] = mapped_column(String(16))
    kind: Mapped[str | None] = mapped_column(String(8))
    file_name: Mapped[str] = mapped_column(String(255))
    url: Mapped[str | None] = mapped_column(String(2000))
    path: Mapped[str | None] = mapped_column(String(1000))
    upload_id: Mapped[UUID | None] = mapped_column(ForeignKey("uploads.id", ondelete="SET NULL"))
    expected_sha256: Mapped[str | None] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(16))
    error_code: Mapped[str | None] = mapped_column(String(64))
    error_message: Mapped[str | None] = mapped_column(String(2000))
    attempt: Mapped[int] = mapped_column(default=1)
    cancel_requested_at: Mapped[datetime | None]
    stopped_in: Mapped[str | None] = mapped_column(String(16))
    resumed: Mapped[int] = mapped_column(default=0)
    bytes_done: Mapped[int] = mapped_column(BigInteger, default=0)
    bytes_total: Mapped[int | None] = mapped_column(BigInteger)
    bytes_per_s: Mapped[int | None] = mapped_column(BigInteger)
    source_sha256: Mapped[str | None] = mapped_column(String(64))
    wim_sha256: Mapped[str | None] = mapped_column(String(64))
    created_by_id: Mapped[UUID | None]
    created_by_name: Mapped[str] = mapped_column(String(254))
    updated_at: Mapped[datetime] = mapped_column(default=clock.now)
    finished_at: Mapped[datetime | None]


class BootEnvironment(Identified, Versioned, Table):
    """What a netbooting machine runs: our Linux environment, or WinPE. One for all tenants of the installation."""

    __tablename__ = "boot_environments"
    __table_args__ = (Index(None, "kind", "state", "made_at"),)

    kind: Mapped[str] = mapped_column(String(16))
    name: Mapped[str] = mapped_column(String(200))
    environment_version: Mapped[str] = mapped_column(String(100), default="")
    architecture: Mapped[str] = mapped_column(String(16), default="x64")
    state: Mapped[str] = mapped_column(String(16))
    error_code: Mapped[str | None] = mapped_column(String(64))
    error_message: Mapped[str | None] = mapped_column(String(2000))
    driver_packs: Mapped[list[dict[str, Any]]]
    made_from_image_id: Mapped[UUID | None]
    made_from_name: Mapped[str | None] = mapped_column(String(300))
    made_by_name: Mapped[str] = mapped_column(String(254))
    made_at: Mapped[datetime | None]
    updated_at: Mapped[datetime] = mapped_column(default=clock.now)

    files: Mapped[list["BootEnvironmentFile"]] = relationship(
        lazy="raise", passive_deletes=True, order_by="BootEnvironmentFile.name", cascade="all, delete-orphan"
    )


class BootEnvironmentFile(Table):
    """A file of an environment, by the name that machines ask for."""

    __tablename__ = "boot_environment_files"

    environment_id: Mapped[UUID] = mapped_column(
        ForeignKey("boot_environments.id", ondelete="CASCADE"), primary_key=True
    )
    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64))
    size_bytes: Mapped[int] = mapped_column(BigInteger)
