"""What the trail looks like from outside."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field


class Actor(BaseModel):
    type: Literal["user", "api_key", "device", "system", "anonymous"]
    id: UUID | None
    name: str


class Target(BaseModel):
    type: str
    id: UUID | None
    name: str


class AuditEvent(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    seq: int | None = Field(description="Place in the chain; null in the second before the event is sealed")
    at: datetime
    actor: Actor
    verb: str
    target: Target
    changes: dict[str, list[Any]] = Field(description="Field to [before, after]")
    ip: str | None
    request_id: str | None
