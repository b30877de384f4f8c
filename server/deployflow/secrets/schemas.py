"""Shapes of stored credentials. No answer has a field for the value."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
Description = Annotated[str, StringConstraints(strip_whitespace=True, max_length=1000)]
Kind = Literal["password", "token", "text"]
# It has to fit an environment variable on Windows (32,767 characters), together with its name.
Value = Annotated[SecretStr, Field(min_length=1, max_length=32_000)]


class Ref(BaseModel):
    id: UUID
    name: str


class Secret(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    name: str
    kind: Kind
    description: str
    set_at: datetime = Field(description="When the value was last set")
    set_by: Ref | None
    version: int


class SecretCreate(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Name
    kind: Kind
    description: Description = ""
    value: Value = Field(description="Write-only: no answer ever holds it")


class SecretPatch(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Name | None = None
    description: Description | None = None
    value: Value | None = Field(None, description="A new value; the present one stays when left out")
