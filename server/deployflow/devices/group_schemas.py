"""What the API of groups, and of work on many devices, takes and gives."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from deployflow.devices.filter_fields import DeviceFilter
from deployflow.devices.schemas import Strict, Tags
from deployflow.devices.targets import MAX_CHOSEN, MAX_GROUPS, Targets

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Description = Annotated[str, Field(max_length=2000)]
Ids = Annotated[list[UUID], Field(max_length=MAX_CHOSEN)]


class GroupIn(Strict):
    """With a filter it is dynamic and has no members of its own."""

    name: Name
    description: Description = ""
    filter: DeviceFilter | None = None
    device_ids: Ids = Field(default_factory=list)


class GroupChange(Strict):
    """What is left out stays. A group cannot change from static to dynamic or back."""

    name: Name | None = None
    description: Description | None = None
    filter: DeviceFilter | None = None


class MembersChange(Strict):
    add: Ids = Field(default_factory=list)
    remove: Ids = Field(default_factory=list)


class GroupOut(BaseModel):
    """A group; `device_count` is of this moment."""

    model_config = ConfigDict(from_attributes=True, json_schema_serialization_defaults_required=True)

    id: UUID
    name: str
    description: str
    is_dynamic: bool
    filter: DeviceFilter | None
    created_at: datetime
    updated_at: datetime
    version: int
    device_count: int = 0


class FieldOut(BaseModel):
    """A field that rules can be about."""

    name: str
    label: str
    area: str
    kind: str
    operators: list[str]
    choices: list[str]


class FieldList(BaseModel):
    items: list[FieldOut]


class DeviceName(BaseModel):
    id: UUID
    hostname: str


class TargetCount(BaseModel):
    """How many devices are meant, and some of them."""

    total: int
    online: int
    offline: int
    examples: list[DeviceName]


class BulkEdit(Strict):
    """Change tags and groups of many devices: one act."""

    targets: Targets
    add_tags: Tags = Field(default_factory=list)
    remove_tags: Tags = Field(default_factory=list)
    add_to_groups: Annotated[list[UUID], Field(max_length=MAX_GROUPS)] = Field(default_factory=list)
    remove_from_groups: Annotated[list[UUID], Field(max_length=MAX_GROUPS)] = Field(default_factory=list)


class BulkEdited(BaseModel):
    """How many devices were meant, and for how many something changed."""

    devices: int
    changed: int
