"""What people do with devices: approve, revoke, retire, tag."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from deployflow.devices.errors import DeviceNotFound, NothingToApprove
from deployflow.devices.keyring import device_changed
from deployflow.devices.models import Device, DeviceKey, DeviceTag
from deployflow.devices.schemas import MAX_TAGS, BatchIn, BatchResult
from deployflow.devices.states import DeviceState, KeyState, advance, advance_key
from deployflow.platform import trail
from deployflow.platform.changes import changed
from deployflow.platform.errors import Invalid, Problem
from deployflow.platform.preconditions import require_version

# What the trail calls it when it was done to many.
_DONE = {"approve": "approved", "revoke": "revoked", "tag": "tagged", "untag": "untagged"}


async def approve(session: AsyncSession, device_id: UUID, *, key_id: UUID | None = None) -> Device:
    """Let the device's waiting key work, or release the device from quarantine. Its other keys end.

    Raises:
        NothingToApprove: 409.
    """
    device = await _locked(session, device_id)
    before = await _approve(session, device, key_id)
    _note(session, "device.approved", device, before)
    return device


async def revoke(session: AsyncSession, device_id: UUID) -> Device:
    """End all keys of the device; its next request is refused.

    Raises:
        DeviceStateWrong: 409, when it is revoked already.
    """
    device = await _locked(session, device_id)
    before = await _revoke(session, device)
    _note(session, "device.revoked", device, before)
    return device


async def reject_key(session: AsyncSession, device_id: UUID) -> Device:
    """End the keys that wait, and leave the device as it is: the claim was not believed.

    Raises:
        NothingToApprove: 409, when none waits.
    """
    device = await _locked(session, device_id)
    waiting = [key for key in await _keys(session, device_id) if key.state == KeyState.PENDING]
    if not waiting or device.state == DeviceState.PENDING:
        raise NothingToApprove(
            "No second key waits here. To refuse the device as a whole, revoke it", device_state=device.state
        )
    for key in waiting:
        key.state = advance_key(key.state, "revoke")
    device.pending_key = False
    device.state_reason = None
    touched(session, device)
    _note(session, "device.key_rejected", device, device.state)
    return device


async def retire(session: AsyncSession, device_id: UUID, *, expected: int | None) -> None:
    """Delete the device and all that is kept of it. Its keys are unknown from then on."""
    device = await _locked(session, device_id)
    require_version(device, expected)
    touched(session, device)
    trail.note(session, "device.retired", target_type="device", target_id=device.id, target_name=device.hostname)
    await session.execute(delete(Device).where(Device.id == device.id))


async def set_tags(session: AsyncSession, device_id: UUID, tags: Sequence[str], *, expected: int | None) -> Device:
    """Replace the device's tags."""
    device = await _locked(session, device_id, with_tags=True)
    require_version(device, expected)
    before = sorted(row.tag for row in device.tag_rows)
    _put_tags(device, set(tags))
    touched(session, device)
    trail.note(
        session,
        "device.tagged",
        target_type="device",
        target_id=device.id,
        target_name=device.hostname,
        changes={"tags": (before, sorted(tags))},
    )
    return device


async def batch(session: AsyncSession, asked: BatchIn) -> list[BatchResult]:
    """The same for many devices; what fails for one does not stop the others."""
    tags = set(asked.tags or ())
    if asked.op in {"tag", "untag"} and not tags:
        raise Invalid("tags: say which tags")
    ids = sorted(set(asked.ids))
    statement = select(Device).where(Device.id.in_(ids)).options(selectinload(Device.tag_rows)).order_by(Device.id)
    devices = {row.id: row for row in await session.scalars(statement.with_for_update())}
    results = []
    for device_id in ids:
        try:
            async with session.begin_nested():
                if device_id not in devices:
                    raise DeviceNotFound
                await _do(session, devices[device_id], asked, tags)
        except Problem as problem:
            results.append(BatchResult(id=device_id, ok=False, code=problem.code, detail=problem.detail))
        else:
            results.append(BatchResult(id=device_id, ok=True))
    done = [str(result.id) for result in results if result.ok]
    if done:
        trail.note(
            session,
            f"device.{_DONE[asked.op]}",
            target_type="device",
            target_id=UUID(done[0]) if len(done) == 1 else None,
            target_name=f"{len(done)} devices",
            changes={"devices": (None, done), **({"tags": (None, sorted(tags))} if tags else {})},
        )
    return results


async def quarantine_key(session: AsyncSession, key: DeviceKey) -> None:
    """Two machines hold this key: neither is served until a person looked."""
    device = await _locked(session, key.device_id)
    was_the_devices = key.state == KeyState.ACTIVE or device.state == DeviceState.PENDING
    key.state = advance_key(key.state, "quarantine")
    if was_the_devices:
        device.state = advance(device.state, "quarantine")
        device.online = False
        device.state_reason = (
            "Two machines use this device's key, such as clones of one disk. Approve to release the key to the "
            "first of them that returns, and enroll the other one anew"
        )
    else:
        device.state_reason = "A new key of this machine was used by two machines and is blocked"
    touched(session, device)


async def _do(session: AsyncSession, device: Device, asked: BatchIn, tags: set[str]) -> None:
    present = {row.tag for row in device.tag_rows}
    if asked.op == "approve":
        await _approve(session, device, None)
    elif asked.op == "revoke":
        await _revoke(session, device)
    elif asked.op == "tag":
        if len(present | tags) > MAX_TAGS:
            raise Invalid(f"A device has {MAX_TAGS} tags at most")
        _put_tags(device, present | tags)
    else:
        _put_tags(device, present - tags)
    touched(session, device)


async def _approve(session: AsyncSession, device: Device, key_id: UUID | None) -> DeviceState:
    keys = await _keys(session, device.id)
    waiting = [key for key in keys if key.state == KeyState.PENDING and key_id in {None, key.id}]
    if not waiting and key_id is None and device.state == DeviceState.QUARANTINED:
        waiting = [key for key in keys if key.state == KeyState.QUARANTINED]
    if not waiting and device.state == DeviceState.PENDING:
        raise NothingToApprove("A deployment sets it up: it becomes active by itself when its agent enrolls")
    if not waiting:
        raise NothingToApprove
    chosen = max(waiting, key=lambda key: key.created_at)
    before = device.state
    chosen.state = advance_key(chosen.state, "approve")
    # Whoever comes first with it begins a new line of receipts.
    chosen.run_id = chosen.run_before = chosen.receipt = chosen.receipt_before = None
    chosen.receipt_shown = False
    for key in keys:
        if key is not chosen and key.state != KeyState.REVOKED:
            key.state = advance_key(key.state, "revoke")
    device.state = advance(device.state, "approve")
    device.state_reason = None
    device.pending_key = False
    device.key_protection = chosen.protection
    device.enrolled_at = chosen.created_at
    touched(session, device)
    return before


async def _revoke(session: AsyncSession, device: Device) -> DeviceState:
    before = device.state
    device.state = advance(device.state, "revoke")
    for key in await _keys(session, device.id):
        if key.state != KeyState.REVOKED:
            key.state = advance_key(key.state, "revoke")
    device.online = False
    device.pending_key = False
    device.state_reason = None
    touched(session, device)
    return before


def _put_tags(device: Device, tags: set[str]) -> None:
    kept = [row for row in device.tag_rows if row.tag in tags]
    new = sorted(tags - {row.tag for row in kept})
    device.tag_rows = [*kept, *(DeviceTag(tag=tag) for tag in new)]


def touched(session: AsyncSession, device: Device) -> None:
    """After the commit, tell held check-ins and screens that the device changed."""
    device_changed(session, device.id)
    changed(session, "devices", f"device:{device.id}")


def _note(session: AsyncSession, verb: str, device: Device, before: DeviceState) -> None:
    trail.note(
        session,
        verb,
        target_type="device",
        target_id=device.id,
        target_name=device.hostname,
        changes={"state": (str(before), str(device.state))},
    )


async def _locked(session: AsyncSession, device_id: UUID, *, with_tags: bool = False) -> Device:
    statement = select(Device).where(Device.id == device_id).with_for_update()
    if with_tags:
        statement = statement.options(selectinload(Device.tag_rows))
    device = await session.scalar(statement)
    if device is None:
        raise DeviceNotFound
    return device


async def _keys(session: AsyncSession, device_id: UUID) -> Sequence[DeviceKey]:
    statement = select(DeviceKey).where(DeviceKey.device_id == device_id).with_for_update()
    return (await session.scalars(statement)).all()
