"""Shapes of the script library's requests and answers."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from deployflow.actions.schemas import MAX_TIMEOUT_S
from deployflow.scripts.parameters import Parameter, Parameters, Text, storable

# Sixteen of them fit into one check-in's answer. What is larger is a program and wants to be a download.
MAX_BODY_BYTES = 512 * 1024
MAX_TAGS = 20

Language = Literal["powershell", "cmd", "sh", "python"]


def _body_sized(body: str) -> str:
    if len(body.encode()) > MAX_BODY_BYTES:
        raise ValueError(f"may have {MAX_BODY_BYTES // 1024} KiB at most")
    return body


def _distinct(tags: list[str]) -> list[str]:
    return sorted(set(tags))


Body = Annotated[Text, Field(min_length=1), AfterValidator(_body_sized)]
ScriptName = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), AfterValidator(storable)
]
Description = Annotated[Text, Field(max_length=2000)]
Note = Annotated[Text, Field(max_length=500)]
Tag = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64), AfterValidator(storable)]
Tags = Annotated[list[Tag], Field(max_length=MAX_TAGS), AfterValidator(_distinct)]
Timeout = Annotated[int, Field(ge=1, le=MAX_TIMEOUT_S)]
DEFAULT_TIMEOUT_S = 3600


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ScriptIn(_Strict):
    """A new script with its first version."""

    name: ScriptName
    description: Description = ""
    language: Language
    tags: Tags = []
    timeout_s: Timeout = DEFAULT_TIMEOUT_S
    body: Body
    parameters: Parameters = []
    note: Note = ""


class ScriptChange(_Strict):
    """What may change without a new version."""

    name: ScriptName | None = None
    description: Description | None = None
    tags: Tags | None = None
    timeout_s: Timeout | None = None


class BodyIn(_Strict):
    """A new version."""

    body: Body
    parameters: Parameters = []
    note: Note = ""


class VersionRef(BaseModel):
    version_id: UUID
    number: int
    sha256: str
    created_at: datetime
    created_by: str


class ScriptOut(BaseModel):
    """A script as lists show it."""

    id: UUID
    name: str
    description: str
    language: Language
    tags: list[str]
    timeout_s: int
    current: VersionRef
    updated_at: datetime
    created_at: datetime
    version: int


class ScriptDetail(ScriptOut):
    """A script with its current version in full."""

    body: str
    parameters: list[Parameter]


class VersionOut(VersionRef):
    """One line of the history."""

    note: str
    is_current: bool


class VersionDetail(VersionOut):
    """A version in full, and what it changed."""

    body: str
    parameters: list[Parameter]
    previous_number: int | None
    diff: list[str]


class VersionList(BaseModel):
    items: list[VersionOut]
