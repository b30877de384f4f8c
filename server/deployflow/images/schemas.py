"""Shapes of images, imports and boot environments."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from deployflow.images.states import EnvironmentState, ImageState, ImportState

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
VersionText = Annotated[str, StringConstraints(strip_whitespace=True, max_length=100)]
Description = Annotated[str, Field(max_length=2000)]
Sha256 = Annotated[
    str, StringConstraints(strip_whitespace=True, to_lower=True, pattern=r"^[0-9A-Fa-f]{64}$"), Field(max_length=80)
]
Source = Literal["upload", "url", "server"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ImportIn(_Strict):
    """An image to be, and where it comes from: exactly one of upload_id, url and path."""

    name: Name
    image_version: VersionText = ""
    description: Description = ""
    upload_id: UUID | None = None
    url: Annotated[str, Field(max_length=2000)] | None = None
    path: Annotated[str, Field(max_length=1000, description="Below the server's import folder.")] | None = None
    sha256: Annotated[Sha256 | None, Field(description="What the file is expected to be.")] = None

    @model_validator(mode="after")
    def _one_source(self) -> "ImportIn":
        if sum(source is not None for source in (self.upload_id, self.url, self.path)) != 1:
            raise ValueError("give exactly one of upload_id, url and path")
        return self


class ImageChange(_Strict):
    """What people may change of an image."""

    name: Name | None = None
    image_version: VersionText | None = None
    description: Description | None = None


class EditionOut(BaseModel):
    """One edition of an image; `index` is what a profile names."""

    model_config = ConfigDict(from_attributes=True)

    index: int
    name: str
    description: str
    edition_id: str | None
    architecture: str | None
    build: str | None
    languages: list[str]
    size_bytes: int


class FileOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    name: str
    sha256: str
    size_bytes: int


class ImportOut(BaseModel):
    """How an image comes here. Rate and time left while a step with bytes runs.

    `stopped_in` is the step it failed or was called off in; `resumed` counts steps that began once more after the
    server had ended.
    """

    id: UUID
    image_id: UUID
    image_name: str
    source: Source
    kind: Literal["iso", "wim", "esd"] | None
    file_name: str
    url: str | None
    path: str | None
    expected_sha256: str | None
    state: ImportState
    error_code: str | None
    error_message: str | None
    attempt: int
    stopped_in: ImportState | None
    resumed: int
    bytes_done: int
    bytes_total: int | None
    bytes_per_s: int | None
    seconds_left: int | None
    cancelling: bool
    created_by: str
    created_at: datetime
    updated_at: datetime
    finished_at: datetime | None


class ImageOut(BaseModel):
    """An OS image. `content_sha256` is the WIM that machines apply; `checksum` is of the file that was given."""

    id: UUID
    name: str
    image_version: str
    description: str
    state: ImageState
    architecture: str | None
    download_url: str | None
    checksum: str | None
    content_sha256: str | None
    content_bytes: int | None
    editions: list[EditionOut]
    boot_files: list[FileOut]
    importing: ImportOut
    created_at: datetime
    updated_at: datetime
    version: int


class ServerFile(BaseModel):
    """A file that may be imported."""

    path: str
    size_bytes: int


class ServerFiles(BaseModel):
    """What is in the server's import folder. `enabled` is false where the operator opened none."""

    enabled: bool
    items: list[ServerFile]


class EnvironmentIn(_Strict):
    """WinPE, made of an imported ISO. `wimboot_upload_id` is needed once; later ones take the newest there is."""

    image_id: UUID
    name: Name | None = None
    wimboot_upload_id: UUID | None = None
    wimboot_sha256: Sha256 | None = None
    driver_pack_ids: Annotated[list[UUID], Field(max_length=20)] = []

    @model_validator(mode="after")
    def _both(self) -> "EnvironmentIn":
        if (self.wimboot_upload_id is None) != (self.wimboot_sha256 is None):
            raise ValueError("give wimboot_upload_id and wimboot_sha256 together")
        return self


class EnvironmentOut(BaseModel):
    """What a netbooting machine runs; the same for all organisations of the installation."""

    id: UUID
    kind: Literal["linux", "winpe"]
    name: str
    environment_version: str
    architecture: str
    state: EnvironmentState
    error_code: str | None
    error_message: str | None
    files: list[FileOut]
    driver_packs: list[str]
    made_from: str | None
    made_by: str
    made_at: datetime | None
    created_at: datetime
    version: int


class EnvironmentList(BaseModel):
    """Boot environments, and the `wimboot` that the next WinPE is made with; none until one was uploaded."""

    items: list[EnvironmentOut]
    wimboot: FileOut | None
