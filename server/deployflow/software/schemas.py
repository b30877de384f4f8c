"""Shapes of software, its versions and its bundles."""

import re
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from deployflow.actions.schemas import MAX_TIMEOUT_S
from deployflow.profiles.fields import Description, Line, Name, Note, Strict
from deployflow.software.detection import OsFamily, Rule, only_on
from deployflow.software.states import Standing

MAX_TAGS = 20
MAX_EXIT_CODES = 50
MAX_ICON = 64 * 1024
DEFAULT_TIMEOUT_S = 3600
_ICON = re.compile(r"data:image/(png|jpeg|webp);base64,[A-Za-z0-9+/]+={0,2}")
_OS_NAMES = {"windows": "Windows", "linux": "Linux"}


def _distinct(tags: list[str]) -> list[str]:
    return sorted(set(tags))


def _image(icon: str) -> str:
    if not _ICON.fullmatch(icon):
        raise ValueError("is a PNG, JPEG or WebP as a data: address in base64")
    return icon


Tag = Annotated[Line, Field(min_length=1, max_length=64)]
Tags = Annotated[list[Tag], Field(max_length=MAX_TAGS), AfterValidator(_distinct)]
Publisher = Annotated[Line, Field(max_length=200)]
VersionText = Annotated[Line, Field(max_length=100)]
Icon = Annotated[str, Field(max_length=MAX_ICON), AfterValidator(_image)]
Command = Annotated[
    Line,
    Field(
        min_length=1,
        max_length=4000,
        description=(
            "A program and its arguments; no shell reads it. `{installer}` is the installer's file on the machine and"
            " `{folder}` its folder."
        ),
    ),
]
Timeout = Annotated[int, Field(ge=1, le=MAX_TIMEOUT_S)]
Architecture = Literal["x64", "arm64"]
OsVersion = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^\d+(\.\d+){0,3}$")]
Meaning = Literal["success", "reboot", "retry", "failed"]


class ExitCode(Strict):
    """What one exit code means. `reboot` is a success that needs a restart; `retry` is tried again a little later."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)

    code: Annotated[int, Field(ge=-(2**31), le=2**32 - 1)]
    meaning: Meaning


# What Windows Installer and most programs around it say.
WINDOWS_CODES = [
    ExitCode(code=0, meaning="success"),
    ExitCode(code=3010, meaning="reboot"),
    ExitCode(code=1641, meaning="reboot"),
    ExitCode(code=1618, meaning="retry"),
]
LINUX_CODES = [ExitCode(code=0, meaning="success")]


class SoftwareDefinition(Strict):
    """How an item is installed, found and removed: what a version keeps."""

    software_version: VersionText = ""
    os_family: OsFamily
    architecture: Architecture | None = None
    min_os_version: Annotated[OsVersion | None, Field(description="Such as 10.0.22000 for Windows 11.")] = None
    install_command: Command
    uninstall_command: Command | None = None
    detection: Rule | None = None
    inventory_name: Annotated[
        Line | None, Field(max_length=255, description="What the machine's list of programs calls it.")
    ] = None
    exit_codes: Annotated[
        list[ExitCode] | None,
        Field(max_length=MAX_EXIT_CODES, description="Those of the system when left out: 0, 3010, 1641, 1618."),
    ] = None
    timeout_s: Timeout = DEFAULT_TIMEOUT_S
    installer_id: Annotated[UUID | None, Field(description="A ready installer.")] = None
    keep_installer: Annotated[bool, Field(description="The one of the version before.")] = False
    note: Note = ""

    @model_validator(mode="after")
    def _fits(self) -> "SoftwareDefinition":
        if self.detection is not None and (only_on(self.detection) or self.os_family) != self.os_family:
            raise ValueError(f"such a detection rule cannot be asked on {_OS_NAMES[self.os_family]}: choose another")
        codes = [one.code for one in self.exit_codes or []]
        if len(set(codes)) != len(codes):
            raise ValueError("exit_codes names a code twice")
        if self.installer_id is not None and self.keep_installer:
            raise ValueError("give installer_id, or keep_installer, not both")
        return self


class SoftwareIn(Strict):
    """A new item with its first version."""

    name: Name
    description: Description = ""
    publisher: Publisher = ""
    icon: Icon | None = None
    tags: Tags = Field(default_factory=list)
    definition: SoftwareDefinition


class SoftwareChange(Strict):
    """What may change without a new version."""

    name: Name | None = None
    description: Description | None = None
    publisher: Publisher | None = None
    icon: Annotated[Icon | Literal[""] | None, Field(description="Empty takes it away.")] = None
    tags: Tags | None = None


class InstallerRef(BaseModel):
    """A version's file, as machines get it."""

    file_name: str
    sha256: str
    size_bytes: int


class SoftwareVersionOut(BaseModel):
    """One version of an item, in full."""

    version_id: UUID
    number: int
    is_current: bool
    software_version: str
    os_family: OsFamily
    architecture: Architecture | None
    min_os_version: str | None
    install_command: str
    uninstall_command: str | None
    detection: Rule | None
    inventory_name: str | None
    exit_codes: list[ExitCode]
    timeout_s: int
    installer: InstallerRef | None
    note: str
    created_at: datetime
    created_by: str


class SoftwareVersionList(BaseModel):
    items: list[SoftwareVersionOut]


class SoftwareCounts(BaseModel):
    """On how many devices it stands so. A device whose last action failed counts under `failed` as well."""

    installed: int = 0
    missing: int = 0
    unknown: int = 0
    pending: int = 0
    failed: int = 0


class SoftwareOut(BaseModel):
    """An item with its current version."""

    id: UUID
    name: str
    description: str
    publisher: str
    icon: str | None
    tags: list[str]
    current: SoftwareVersionOut
    devices: SoftwareCounts
    updated_at: datetime
    created_at: datetime
    version: int


class DeviceOfSoftware(BaseModel):
    """A device as an item's page shows it. `state` is `pending` while an action waits or runs."""

    device_id: UUID
    hostname: str
    online: bool
    state: Literal["installed", "missing", "unknown", "pending"]
    seen: Standing | None
    found_version: str | None
    seen_by: Literal["action", "inventory"] | None
    seen_at: datetime | None
    action_id: UUID | None
    error_code: str | None
    error_message: str | None


class DevicesOfSoftware(BaseModel):
    items: list[DeviceOfSoftware]
    next_cursor: str | None = None
    total: int | None = None


class SoftwareOfDevice(BaseModel):
    """An item as a device's page shows it."""

    software_id: UUID
    name: str
    publisher: str
    icon: str | None
    software_version: str
    can_uninstall: bool
    can_detect: bool
    state: Literal["installed", "missing", "unknown", "pending"]
    seen: Standing | None
    found_version: str | None
    seen_by: Literal["action", "inventory"] | None
    seen_at: datetime | None
    action_id: UUID | None
    error_code: str | None
    error_message: str | None


class SoftwareOfDeviceList(BaseModel):
    items: list[SoftwareOfDevice]
