"""Why an action is where it is, in words. What waits says for what; what ended says why."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from deployflow.actions.states import Status
from deployflow.devices.models import Device

if TYPE_CHECKING:
    from deployflow.actions.models import Action

_NOT_ACTIVE = {
    "pending": "Waiting for the device to be approved",
    "quarantined": "Waiting for the device to be released from quarantine",
    "revoked": "The device is revoked and fetches nothing; cancel this, or approve the device again",
}
# A wake-up takes milliseconds; what has waited longer waits for something.
ON_ITS_WAY = timedelta(seconds=10)


def reason(action: "Action", device: Device, *, now: datetime) -> str | None:
    """One sentence, or None where the status says it all."""
    if action.status == Status.PENDING:
        return _why_pending(action, device, now)
    if action.status in {Status.LEASED, Status.RUNNING}:
        return _why_in_work(action, device, now)
    if action.error_message:
        return action.error_message
    last = action.timeline[-1] if action.timeline else {}
    said: str | None = last.get("reason")
    return said


def ago(moment: datetime, now: datetime) -> str:
    """How long ago, as people say it."""
    seconds = max(0, int((now - moment).total_seconds()))
    for unit, size in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= size:
            count = seconds // size
            return f"{count} {unit}{'s' if count > 1 else ''} ago"
    return "just now"


def _why_pending(action: "Action", device: Device, now: datetime) -> str | None:
    if device.state != "active":
        return _NOT_ACTIVE[device.state]
    if not device.online:
        return f"Waiting for the device, last seen {ago(device.last_check_in, now)}"
    if action.held:
        return "Waiting for its turn: its run works on so many devices at a time"
    if action.fence:
        return "Handed out before without an answer; the device gets it again at its next check-in"
    if now - action.created_at < ON_ITS_WAY:
        return "On its way to the device"
    return "Waiting for the device to have a free slot"


def _why_in_work(action: "Action", device: Device, now: datetime) -> str | None:
    offline = not device.online
    if action.cancel_requested_at is not None:
        if offline:
            return f"Cancelling; the device was last seen {ago(device.last_check_in, now)}"
        return "Cancelling: waiting for the device to stop it"
    if offline and action.lease_until is not None:
        until = action.lease_until.strftime("%H:%M:%S UTC")
        return f"The device is silent, last seen {ago(device.last_check_in, now)}; given up at {until}"
    if action.status == Status.LEASED:
        return "The device has it and has not started it yet"
    return None
