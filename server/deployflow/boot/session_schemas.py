"""Shapes of boot sessions: those of docs/boot-protocol.md, and what people see of them."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from deployflow.actions.schemas import DeviceRef
from deployflow.boot import codes
from deployflow.boot.models import BootSession
from deployflow.boot.schemas import BootSiteRef
from deployflow.boot.states import SessionState
from deployflow.deployments.facts import MachineFacts
from deployflow.deployments.reports import Position
from deployflow.devices.schemas import Strict, Text

MAX_WAIT_S = 50


class BootSessionIn(Strict):
    """A machine in the boot environment, signed with the key it brings."""

    public_key: Annotated[str, Field(max_length=400)]
    site: Annotated[str, Field(max_length=64)] | None = None
    profile_id: UUID | None = None
    environment: Literal["linux", "winpe"]
    agent_version: Annotated[Text, Field(min_length=1, max_length=64)]
    facts: MachineFacts


class BootSessionMade(BaseModel):
    session_id: UUID
    nonce: str
    state: SessionState
    site_name: str
    profile_name: str | None
    server_time: datetime


class BootWaitIn(Strict):
    max_wait_s: Annotated[int, Field(ge=0, le=MAX_WAIT_S)] = MAX_WAIT_S


class BootWaitOut(BaseModel):
    """How the session stands; once it is approved, the plan as exact bytes with their signature, both in base64."""

    state: SessionState
    reason: str | None = None
    deployment_id: UUID | None = None
    plan: str | None = None
    signature: str | None = None
    server_time: datetime


class BootPinIn(Strict):
    """A technician's PIN, sealed to the server's boot key."""

    sealed: Annotated[str, Field(max_length=400)]
    profile_id: UUID | None = None


class BootSecretIn(Strict):
    position: Position
    name: Annotated[Text, Field(min_length=1, max_length=100)]


class BootSecretOut(BaseModel):
    """The value, sealed to the session's key."""

    sealed: str


class BootProfileRef(BaseModel):
    id: UUID
    name: str


class BootSessionOut(BaseModel):
    """A machine in the boot environment. `code` is what its own screen has to show, too."""

    id: UUID
    state: SessionState
    reason: str | None
    code: str
    site: BootSiteRef
    profile: BootProfileRef | None = Field(description="Chosen in the menu.")
    environment: str
    agent_version: str
    ip: str | None
    facts: MachineFacts
    device: DeviceRef | None
    deployment_id: UUID | None
    approved_how: str | None
    approved_by: str | None
    approved_at: datetime | None
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    ended_at: datetime | None

    @classmethod
    def of(
        cls, row: BootSession, site: BootSiteRef, profile: BootProfileRef | None, device: DeviceRef | None
    ) -> "BootSessionOut":
        shaped = {"code", "site", "profile", "device", "facts"}
        return cls(
            **{name: getattr(row, name) for name in set(cls.model_fields) - shaped},
            code=codes.approval_code(row.public_key, row.nonce),
            site=site,
            profile=profile,
            device=device,
            facts=MachineFacts.model_validate(row.facts),
        )


class BootApproval(Strict):
    """What the person read on the machine's screen, and the profile where the machine brought none."""

    code: Annotated[Text, Field(min_length=1, max_length=20)]
    profile_id: UUID | None = None


class BootDenial(Strict):
    reason: Annotated[Text, Field(max_length=300)] | None = None
