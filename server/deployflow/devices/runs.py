"""Clone detection: one key, one machine.

At the first check-in of each start (`run_id`) the server answers a new receipt, which the agent keeps and shows from
then on. Two machines that hold one key cannot both show the newest receipt for long: the one that falls behind
shows an older one, and the key is quarantined for both. An agent that died before it kept its receipt shows the one
before, which is good as long as nobody showed the newer one.

An idle check-in compares with what is in memory. A start of an agent costs two writes: the receipt, and its showing.
"""

import secrets
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from deployflow.devices import service
from deployflow.devices.access import SignedDevice
from deployflow.devices.errors import DeviceQuarantined, KeyUnknown
from deployflow.devices.keyring import device_changed
from deployflow.devices.models import DeviceKey
from deployflow.platform import trail
from deployflow.platform.context import Actor, Context
from deployflow.platform.runtime import Runtime

Verdict = Literal["known", "same_answer", "new_run", "straggler", "clone"]


class RunIsOver(Exception):
    """The call is of a run of the agent that another run has followed: nobody waits for its answer."""


@dataclass(frozen=True, slots=True)
class Receipts:
    """What is on record for a key."""

    run_id: UUID | None
    run_before: UUID | None
    current: str | None
    before: str | None
    shown: bool


def judge(record: Receipts, run_id: UUID, receipt: str | None) -> Verdict:
    """What a check-in with this run and receipt means."""
    if record.run_id is None:
        # A new key, or one released from quarantine: whoever comes first begins.
        return "new_run"
    is_before = not record.shown and receipt == record.before
    if receipt == record.current and receipt is not None:
        return "known" if run_id == record.run_id else "new_run"
    if not is_before:
        return "clone"
    if run_id == record.run_id:
        return "same_answer"
    # The call of a dead run, overtaken by the next run's first one.
    return "straggler" if run_id == record.run_before else "new_run"


def is_known(device: SignedDevice, run_id: UUID, receipt: str | None) -> bool:
    """Whether this is the run and the receipt on record, long since shown: nothing to write."""
    key = device.key
    return key.run_id == run_id and key.receipt == receipt and key.receipt_shown


async def check(runtime: Runtime, device: SignedDevice, *, run_id: UUID, receipt: str | None) -> str | None:
    """The new receipt for the first check-in of a run, None for later ones.

    Raises:
        DeviceQuarantined: 403, and the key is quarantined, when another machine has shown a newer receipt.
        RunIsOver: when the call was overtaken by the first one of the next run.
    """
    if is_known(device, run_id, receipt):
        return None
    context = Context(actor=Actor(type="device", id=device.id, name=device.key.hostname), tenant_id=device.tenant_id)
    async with runtime.db.write(context) as session:
        key = await session.scalar(select(DeviceKey).where(DeviceKey.id == device.key.key_id).with_for_update())
        if key is None:
            raise KeyUnknown
        record = Receipts(key.run_id, key.run_before, key.receipt, key.receipt_before, key.receipt_shown)
        verdict = judge(record, run_id, receipt)
        if verdict == "clone":
            await _quarantine(session, key, device)
        elif verdict == "new_run":
            return _begin(session, key, run_id, receipt)
        elif verdict == "known" and not key.receipt_shown:
            key.receipt_shown = True
            key.receipt_before = None
            device_changed(session, device.id)
    if verdict == "clone":
        raise DeviceQuarantined
    if verdict == "straggler":
        raise RunIsOver
    return record.current if verdict == "same_answer" else None


def _begin(session: AsyncSession, key: DeviceKey, run_id: UUID, receipt: str | None) -> str:
    key.run_before, key.run_id = key.run_id, run_id
    key.receipt_before = receipt
    key.receipt = secrets.token_urlsafe(24)
    key.receipt_shown = False
    device_changed(session, key.device_id)
    return key.receipt


async def _quarantine(session: AsyncSession, key: DeviceKey, device: SignedDevice) -> None:
    await service.quarantine_key(session, key)
    trail.note(
        session,
        "device.quarantined",
        target_type="device",
        target_id=device.id,
        target_name=device.key.hostname,
    )
