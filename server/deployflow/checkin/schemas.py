"""Shapes of the check-in."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from deployflow.actions.schemas import Fence

MAX_WAIT_S = 50
MAX_SLOTS = 16
# Accepted and running together: beyond its slots an agent keeps some from before a restart, and what answers brought
# that crossed.
MAX_RUNNING = 64


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class RunningAction(_Strict):
    """An action that the device runs or has accepted; naming it renews its lease."""

    action_id: UUID
    fence: Fence


class CheckIn(_Strict):
    """What a device says of itself."""

    boot_id: UUID
    run_id: UUID
    receipt: Annotated[str, Field(max_length=64)] | None
    agent_version: Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[\x20-\x7e]+$")]
    status: Literal["idle", "busy", "stopping"]
    inventory_hash: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None
    running: Annotated[list[RunningAction], Field(max_length=MAX_RUNNING)]
    free_slots: Annotated[int, Field(ge=0, le=MAX_SLOTS)]
    max_wait_s: Annotated[int, Field(ge=0, le=MAX_WAIT_S)]


class DeliveredAction(BaseModel):
    """One thing to do, leased to the device under `fence`."""

    action_id: UUID
    fence: int
    kind: str
    timeout_s: int
    expires_at: datetime
    log_limit_bytes: int
    payload: dict[str, Any]


class CheckInAnswer(BaseModel):
    """What the server has to say."""

    server_time: datetime
    device_state: Literal["active", "pending"]
    next_check_in_s: int
    receipt: str | None
    wants_inventory: bool
    actions: list[DeliveredAction]
    cancel: list[UUID]
