"""Devices and tokens, made straight in the database."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from deployflow.devices.models import Device, DeviceKey, DeviceTag
from deployflow.devices.states import DeviceState, KeyState
from deployflow.enrollment import tokens
from deployflow.enrollment.models import EnrollmentToken
from deployflow.platform import clock
from deployflow.platform.context import system_context
from deployflow.platform.db import Database
from deployflow.platform.ids import new_id
from tests.support.machines import Machine


async def make_device(
    db: Database,
    tenant_id: UUID,
    *,
    state: DeviceState = DeviceState.ACTIVE,
    machine: Machine | None = None,
    tags: tuple[str, ...] = (),
    **fields: Any,
) -> Device:
    """A device; with `machine`, one whose key is that machine's."""
    device_id = new_id()
    hostname = fields.pop("hostname", f"PC-{str(device_id)[-6:]}")
    device = Device(
        id=device_id,
        tenant_id=tenant_id,
        hostname=hostname,
        state=state,
        pending_key=state == DeviceState.PENDING,
        key_protection="file",
        search_text=fields.pop("search_text", hostname.lower()),
        tag_rows=[DeviceTag(tag=tag, tenant_id=tenant_id) for tag in tags],
        **fields,
    )
    async with db.write(system_context()) as session:
        session.add(device)
        await session.flush()
        if machine is not None:
            machine.device_id = device_id
            session.add(
                DeviceKey(
                    tenant_id=tenant_id,
                    device_id=device_id,
                    thumbprint=machine.keyid,
                    public_key=machine.spki,
                    protection="file",
                    state=KeyState(state),
                    claims={},
                )
            )
    return device


async def make_token(db: Database, tenant_id: UUID, **fields: Any) -> tuple[EnrollmentToken, str]:
    """A token and its text: one use, 24 hours, approves by itself."""
    made = tokens.make()
    token = EnrollmentToken(
        **{
            "tenant_id": tenant_id,
            "name": "Floor 2",
            "prefix": made.prefix,
            "secret_hash": made.secret_hash,
            "created_by_type": "system",
            "created_by_name": "tests",
            "expires_at": clock.now() + timedelta(hours=24),
            "max_uses": 1,
            "auto_approve": True,
            "tags": [],
            **fields,
        }
    )
    async with db.write(system_context()) as session:
        session.add(token)
    return token, made.text
