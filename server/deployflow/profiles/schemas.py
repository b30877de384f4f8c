"""Shapes of the profiles' requests and answers."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field, JsonValue, model_validator

from deployflow.devices.schemas import Tags
from deployflow.profiles.conditions import WholeCondition
from deployflow.profiles.fields import Description, Line, Name, Note, Strict
from deployflow.profiles.findings import Finding

MAX_TASKS = 100
MAX_TIMEOUT_S = 86_400
MAX_RETRIES = 10
DEFAULT_PATTERN = "PC-{serial:8}"

Pattern = Annotated[Line, Field(min_length=1, max_length=100, description="As in {site}-{seq:3}")]
MacAddress = Annotated[Line, Field(max_length=32)]
EditionIndex = Annotated[int, Field(ge=1, le=1000)]


class ProfileTaskIn(Strict):
    """A step as it should be. `id` keeps a task that is there already; `timeout_s` is the type's unless given."""

    id: UUID | None = None
    type: Annotated[str, Field(min_length=1, max_length=64)]
    name: Name | None = None
    configuration: dict[str, Any] = Field(default_factory=dict)
    condition: WholeCondition | None = None
    timeout_s: Annotated[int, Field(ge=1, le=MAX_TIMEOUT_S)] | None = None
    retries: Annotated[int, Field(ge=0, le=MAX_RETRIES)] = 0
    continue_on_error: bool = False


Tasks = Annotated[list[ProfileTaskIn], Field(max_length=MAX_TASKS)]


class ProfileIn(Strict):
    """A new profile, or a template."""

    name: Name
    description: Description = ""
    tags: Tags = Field(default_factory=list)
    os_image_id: UUID | None = None
    edition_index: EditionIndex | None = None
    computer_naming_pattern: Pattern = DEFAULT_PATTERN
    admin_credentials_ref: Annotated[
        UUID | None, Field(description="The secret with the administrator's password; null makes one per device")
    ] = None
    agent_auto_install: bool = True
    is_template: bool = False
    tasks: Tasks = Field(default_factory=list)
    note: Note = ""


class ProfileChange(Strict):
    """What should be different. What is left out stays; `tasks` is the whole list in its order."""

    name: Name | None = None
    description: Description | None = None
    tags: Tags | None = None
    os_image_id: UUID | None = None
    edition_index: EditionIndex | None = None
    computer_naming_pattern: Pattern | None = None
    admin_credentials_ref: UUID | None = None
    agent_auto_install: bool | None = None
    is_template: bool | None = None
    tasks: Tasks | None = None
    note: Note = ""

    @model_validator(mode="after")
    def _no_nulls(self) -> "ProfileChange":
        empty = {"os_image_id", "edition_index", "admin_credentials_ref"}
        for name in self.model_fields_set - empty:
            if getattr(self, name) is None:
                raise ValueError(f"{name} cannot be null: leave it out to keep it")
        return self


class ProfileCloneIn(Strict):
    """A copy under another name; as a template where asked for."""

    name: Name
    is_template: bool = False


class ProfileUseIn(Strict):
    """The name of the profile that is made."""

    name: Name


class ProfileReorderIn(Strict):
    """The ids of all tasks in their new order."""

    task_ids: Annotated[list[UUID], Field(max_length=MAX_TASKS)]


class ProfileImportIn(Strict):
    """A profile's file. With `replace`, the profile of that name takes it as a new version."""

    text: Annotated[str, Field(min_length=1, max_length=1024 * 1024)]
    name: Name | None = None
    replace: bool = False


class NameExample(BaseModel):
    """What comes out of a pattern. `problem` says why nothing does."""

    name: str | None
    problem: str | None
    warning: str | None
    machine: str = Field(description="Whose name it would be")


class PreflightMachine(Strict):
    """A machine that no device is known for yet."""

    hostname: Annotated[Line, Field(max_length=255)] | None = None
    manufacturer: Annotated[Line, Field(max_length=255)] | None = None
    model: Annotated[Line, Field(max_length=255)] | None = None
    sku: Annotated[Line, Field(max_length=255)] | None = None
    serial: Annotated[Line, Field(max_length=255)] | None = None
    smbios_uuid: Annotated[Line, Field(max_length=64)] | None = None
    asset: Annotated[Line, Field(max_length=255)] | None = None
    mac_addresses: Annotated[list[MacAddress], Field(max_length=32)] = Field(default_factory=list)
    firmware: Literal["uefi", "bios"] | None = None
    disks: Annotated[list["PreflightDisk"], Field(max_length=64)] = Field(default_factory=list)


class PreflightDisk(Strict):
    name: Annotated[Line, Field(min_length=1, max_length=100)]
    size_bytes: Annotated[int, Field(ge=0, lt=2**63)]
    removable: bool = False


class PreflightIn(Strict):
    """What to hold the profile against: a device, a described machine, or neither to look at the profile alone."""

    device_id: UUID | None = None
    machine: PreflightMachine | None = None
    site: Annotated[Line, Field(min_length=1, max_length=15)] | None = None

    @model_validator(mode="after")
    def _one(self) -> "PreflightIn":
        if self.device_id is not None and self.machine is not None:
            raise ValueError("give device_id or machine, not both")
        return self


class Preflight(BaseModel):
    """What was found. `ready` when nothing stops a deployment."""

    ready: bool
    profile_version: int
    machine: str | None
    computer_name: str | None
    findings: list[Finding]


class Named(BaseModel):
    """A thing that is referred to; `name` is null when it is gone."""

    id: UUID
    name: str | None


class ProfileTaskOut(BaseModel):
    """A step of a profile."""

    id: UUID
    order: int
    type: str
    name: str
    phase: Literal["boot", "os"]
    configuration: dict[str, JsonValue]
    condition: WholeCondition | None
    timeout_s: int
    retries: int
    continue_on_error: bool


class ProfileVersionRef(BaseModel):
    version_id: UUID
    number: int
    created_at: datetime
    created_by: str


class ProfileOut(BaseModel):
    """A profile as lists show it."""

    id: UUID
    name: str
    description: str
    tags: list[str]
    os_image: Named | None
    edition_index: int | None
    edition_name: str | None
    computer_naming_pattern: str
    admin_credentials: Named | None
    agent_auto_install: bool
    is_template: bool
    template: Named | None
    task_count: int
    current: ProfileVersionRef
    updated_at: datetime
    created_at: datetime
    version: int


class ProfileDetail(ProfileOut):
    """A profile in full. `findings` is what is wrong with it in front of any machine."""

    tasks: list[ProfileTaskOut]
    references: dict[str, Named]
    findings: list[Finding]


class BuiltInTemplate(BaseModel):
    """A template that comes with the product."""

    id: UUID
    key: str
    name: str
    description: str
    tags: list[str]
    computer_naming_pattern: str
    agent_auto_install: bool
    tasks: list[ProfileTaskOut]


class ProfileTemplateList(BaseModel):
    """The templates that come with the product, then a page of one's own."""

    built_in: list[BuiltInTemplate]
    items: list[ProfileOut]
    next_cursor: str | None = None
    total: int | None = None


class ProfileVersionOut(ProfileVersionRef):
    """One line of the history."""

    note: str
    is_current: bool


class ProfileVersionList(BaseModel):
    items: list[ProfileVersionOut]


class ProfileVersionDetail(ProfileVersionOut):
    """A version as its file would say it, and what is different from another."""

    text: str
    compared_with: int | None
    diff: list[str]


class ProfileFile(BaseModel):
    """A profile as a file."""

    file_name: str
    text: str


class ProfileTaskTypeOut(BaseModel):
    """A type of task, for forms. `phase` is null where it runs wherever the task before it does."""

    name: str
    title: str
    summary: str
    phase: Literal["boot", "os"] | None
    needs_image: bool
    timeout_s: int
    configuration_schema: Annotated[dict[str, JsonValue], Field(description="JSON Schema of its configuration")]


class ProfileTaskTypeList(BaseModel):
    items: list[ProfileTaskTypeOut]
    variables: list[str] = Field(description="What conditions may name without anybody setting it")
