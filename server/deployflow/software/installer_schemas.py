"""Shapes of installers: files that are brought here to become part of an item."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints, model_validator

from deployflow.profiles.fields import Strict, Text
from deployflow.software.detection import OsFamily, Rule
from deployflow.software.schemas import Architecture


class InstallerIn(Strict):
    """A file that is to become an installer: one that was uploaded, or an address."""

    upload_id: UUID | None = None
    url: Annotated[Text, Field(max_length=2000)] | None = None
    sha256: Annotated[
        str | None, StringConstraints(strip_whitespace=True, to_lower=True, pattern=r"^[0-9A-Fa-f]{64}$")
    ] = None

    @model_validator(mode="after")
    def _one_source(self) -> "InstallerIn":
        if (self.upload_id is None) == (self.url is None):
            raise ValueError("give exactly one of upload_id and url")
        if self.url is not None and self.sha256 is None:
            raise ValueError("a file from an address needs its sha256: its maker gives it beside the download")
        return self


class InstallerFacts(BaseModel):
    """What a file says of itself, and what follows from it, ready to be put into an item."""

    kind: Literal["msi", "exe", "deb", "rpm", "other"]
    made_with: Annotated[str | None, Field(description="Inno Setup, NSIS, WiX Burn or InstallShield")] = None
    name: str | None = None
    publisher: str | None = None
    software_version: str | None = None
    os_family: OsFamily | None = None
    architecture: Architecture | None = None
    install_command: str | None = None
    uninstall_command: str | None = None
    detection: Rule | None = None
    inventory_name: str | None = None
    hint: Annotated[str | None, Field(description="What a person should look at.")] = None


class InstallerOut(BaseModel):
    """A file on its way to be an installer."""

    id: UUID
    state: Literal["importing", "ready", "failed"]
    error_code: str | None
    error_message: str | None
    source: Literal["upload", "url"]
    file_name: str
    url: str | None
    sha256: str | None
    size_bytes: int | None
    facts: InstallerFacts | None
    bytes_done: int
    bytes_total: int | None
    created_by: str
    created_at: datetime
    updated_at: datetime


class InstallerList(BaseModel):
    items: list[InstallerOut]
