"""What the enrollment API takes and gives."""

import ipaddress
from datetime import datetime, timedelta
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field, field_validator, model_validator

from deployflow.devices.schemas import Facts, Strict, Tags, Text
from deployflow.devices.states import DeviceState
from deployflow.enrollment.models import EnrollmentToken
from deployflow.enrollment.states import TokenState, state_of
from deployflow.platform import clock

DEFAULT_EXPIRY = timedelta(hours=24)
MAX_EXPIRY = timedelta(days=30)
# Enough for a site's roll-out; more tokens are better than one that is everywhere.
MAX_USES = 10_000
MAX_ENTRIES = 50


def _network(value: str) -> str:
    return str(ipaddress.ip_network(value.strip(), strict=False))


def _printable(value: str) -> str:
    value = value.strip()
    if not value or not value.isprintable():
        raise ValueError("give it a name of printable characters")
    return value


Network = Annotated[str, Field(max_length=49), AfterValidator(_network)]
Name = Annotated[str, Field(max_length=120), AfterValidator(_printable)]
Description = Annotated[Text, Field(max_length=2000)]
Names = Annotated[list[Name], Field(max_length=MAX_ENTRIES)]
Networks = Annotated[list[Network], Field(max_length=MAX_ENTRIES)]


def _soon(value: datetime) -> datetime:
    now = clock.now()
    if value.tzinfo is None:
        raise ValueError("give the time with its zone, such as 2026-11-24T12:00:00Z")
    if not now < value <= now + MAX_EXPIRY + timedelta(minutes=5):
        raise ValueError(f"between now and {MAX_EXPIRY.days} days ahead")
    return value


class TokenIn(Strict):
    name: Name
    description: Description = ""
    expires_at: datetime | None = Field(None, description="24 hours ahead when left out, at most 30 days.")
    max_uses: Annotated[int, Field(ge=1, le=MAX_USES)] = 1
    auto_approve: bool | None = Field(None, description="Left out: yes for a token of one use, no for one of several.")
    allowed_networks: Networks = Field(default_factory=list)
    scopes: Names = Field(default_factory=list, description="Kept and shown; nothing is restricted by it yet.")
    allowed_profiles: Names = Field(
        default_factory=list, description="Kept and shown; nothing is restricted by it yet."
    )
    tags: Tags = Field(default_factory=list, description="Put on each device it enrolls.")

    @field_validator("expires_at")
    @classmethod
    def _check_expiry(cls, value: datetime | None) -> datetime | None:
        return None if value is None else _soon(value)

    @model_validator(mode="after")
    def _decide(self) -> Self:
        if self.expires_at is None:
            self.expires_at = clock.now() + DEFAULT_EXPIRY
        if self.auto_approve is None:
            self.auto_approve = self.max_uses == 1
        return self


class TokenChange(Strict):
    """Fields that are left out stay as they are."""

    name: Name | None = None
    description: Description | None = None
    expires_at: datetime | None = None
    max_uses: Annotated[int, Field(ge=1, le=MAX_USES)] | None = None
    auto_approve: bool | None = None
    allowed_networks: Networks | None = None
    scopes: Names | None = None
    allowed_profiles: Names | None = None
    tags: Tags | None = None

    @field_validator("expires_at")
    @classmethod
    def _check_expiry(cls, value: datetime | None) -> datetime | None:
        return None if value is None else _soon(value)


class CreatedBy(BaseModel):
    type: str
    id: UUID | None
    name: str


class TokenOut(BaseModel):
    """An enrollment token. Its secret was shown once, when it was made."""

    id: UUID
    name: str
    description: str
    prefix: str
    created_at: datetime
    created_by: CreatedBy
    expires_at: datetime
    max_uses: int
    uses: int
    auto_approve: bool
    allowed_networks: list[str]
    scopes: list[str]
    allowed_profiles: list[str]
    tags: list[str]
    deployment_id: UUID | None = Field(description="The deployment that made it, for its own machine only.")
    revoked_at: datetime | None
    state: TokenState
    version: int

    @classmethod
    def of(cls, token: EnrollmentToken) -> "TokenOut":
        plain = set(cls.model_fields) - {"created_by", "deployment_id", "state"}
        return cls(
            **{name: getattr(token, name) for name in plain},
            created_by=CreatedBy(type=token.created_by_type, id=token.created_by_id, name=token.created_by_name),
            deployment_id=token.bound_deployment_id,
            state=state_of(token, clock.now()),
        )


class InstallLines(BaseModel):
    """What to paste on a machine, as administrator."""

    linux: str
    windows: str
    msi: str


class TokenMade(TokenOut):
    token: str
    install: InstallLines


class UsedBy(BaseModel):
    id: UUID
    hostname: str
    state: DeviceState


class UseOut(BaseModel):
    device: UsedBy
    at: datetime
    ip: str | None


class EnrollIn(Strict):
    """A machine's wish to become a device, signed with the key it brings."""

    token: Annotated[str, Field(max_length=200)]
    public_key: Annotated[str, Field(max_length=400)]
    key_protection: Literal["tpm", "ksp", "dpapi", "file"]
    agent_version: Annotated[Text, Field(min_length=1, max_length=64)]
    facts: Facts
    tags: Tags | None = Field(None, description="Put on the device beside the token's own.")


class EnrollOut(BaseModel):
    device_id: UUID
    state: Literal["active", "pending"]
    server_time: datetime
