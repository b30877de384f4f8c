"""Devices for people: `/api/v1/devices`."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response

from deployflow.devices import queries, service
from deployflow.devices.schemas import (
    Approval,
    BatchIn,
    BatchOut,
    DeviceChange,
    DeviceDetail,
    DeviceOut,
    InventoryOut,
    Summary,
)
from deployflow.identity.access import Principal, Requires
from deployflow.platform.db import DbSession, ReadSession
from deployflow.platform.paging import Listing, Page
from deployflow.platform.preconditions import ExpectedVersion, set_etag

router = APIRouter(tags=["devices"])

Reader = Annotated[Principal, Requires("devices:read")]
Writer = Annotated[Principal, Requires("devices:write")]
Approver = Annotated[Principal, Requires("devices:approve")]


@router.get("/devices")
async def list_devices(_reader: Reader, session: ReadSession, params: Listing) -> Page[DeviceOut]:
    """List devices. `q` looks in hostname, serial, logged-on user, model and operating system."""
    return await queries.page(session, params)


@router.get("/devices/summary")
async def summarize_devices(_reader: Reader, session: ReadSession) -> Summary:
    """Counts, and the devices online through the last 7 days."""
    return await queries.summary(session)


@router.post("/devices:batch")
async def change_devices(reader: Reader, session: DbSession, asked: BatchIn) -> BatchOut:
    """Approve, revoke or tag many devices at once; each has its own result."""
    reader.require("devices:approve" if asked.op == "approve" else "devices:write")
    return BatchOut(results=await service.batch(session, asked))


@router.get("/devices/{device_id}")
async def get_device(_reader: Reader, session: ReadSession, response: Response, device_id: UUID) -> DeviceDetail:
    """One device."""
    return await _answer(session, response, device_id)


@router.patch("/devices/{device_id}")
async def change_device(
    _writer: Writer,
    session: DbSession,
    response: Response,
    device_id: UUID,
    change: DeviceChange,
    expected: ExpectedVersion,
) -> DeviceDetail:
    """Replace the tags of a device."""
    await service.set_tags(session, device_id, change.tags, expected=expected)
    return await _answer(session, response, device_id)


@router.delete("/devices/{device_id}", status_code=204)
async def retire_device(_writer: Writer, session: DbSession, device_id: UUID, expected: ExpectedVersion) -> None:
    """Retire a device: it and what is kept of it are deleted."""
    await service.retire(session, device_id, expected=expected)


@router.post("/devices/{device_id}/approve")
async def approve_device(
    _approver: Approver,
    session: DbSession,
    response: Response,
    device_id: UUID,
    approval: Approval | None = None,
) -> DeviceDetail:
    """Approve a pending device or a new key of a known one, or release a device from quarantine."""
    await service.approve(session, device_id, key_id=approval.key_id if approval else None)
    return await _answer(session, response, device_id)


@router.post("/devices/{device_id}/reject-key")
async def reject_device_key(
    _approver: Approver, session: DbSession, response: Response, device_id: UUID
) -> DeviceDetail:
    """Refuse the new key of a known device; the device works on with its old one."""
    await service.reject_key(session, device_id)
    return await _answer(session, response, device_id)


@router.post("/devices/{device_id}/revoke")
async def revoke_device(_writer: Writer, session: DbSession, response: Response, device_id: UUID) -> DeviceDetail:
    """Revoke a device: its next request is refused."""
    await service.revoke(session, device_id)
    return await _answer(session, response, device_id)


@router.get("/devices/{device_id}/inventory")
async def get_device_inventory(_reader: Reader, session: ReadSession, device_id: UUID) -> InventoryOut:
    """The newest inventory of a device, in full."""
    row = await queries.inventory(session, device_id)
    return InventoryOut(hash=row.hash, received_at=row.received_at, inventory=row.inventory)


async def _answer(session: ReadSession, response: Response, device_id: UUID) -> DeviceDetail:
    device = await queries.get(session, device_id)
    set_etag(response, device)
    return await queries.detail(session, device)
