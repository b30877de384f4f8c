"""The lives of a device and of its keys, as tables."""

from enum import StrEnum
from typing import Literal

from deployflow.devices.errors import DeviceStateWrong

DeviceEvent = Literal["approve", "deploy", "quarantine", "revoke"]
KeyEvent = Literal["approve", "quarantine", "revoke"]


class DeviceState(StrEnum):
    PENDING = "pending"
    """Enrolled, and waiting for a person to say that it is what it claims to be."""
    ACTIVE = "active"
    QUARANTINED = "quarantined"
    """Two machines hold its key. Neither is served until a person released it."""
    REVOKED = "revoked"
    """None of its keys is good any more."""


class KeyState(StrEnum):
    PENDING = "pending"
    ACTIVE = "active"
    QUARANTINED = "quarantined"
    REVOKED = "revoked"


D, K = DeviceState, KeyState

DEVICE_TRANSITIONS: dict[tuple[DeviceState, DeviceEvent], DeviceState] = {
    (D.PENDING, "approve"): D.ACTIVE,
    # A known machine brought a new key, which now takes the place of the old one.
    (D.ACTIVE, "approve"): D.ACTIVE,
    (D.QUARANTINED, "approve"): D.ACTIVE,
    # The same, after the old key was revoked.
    (D.REVOKED, "approve"): D.ACTIVE,
    # Set up anew by a deployment that a person let in; its agent's new key makes it active.
    (D.QUARANTINED, "deploy"): D.PENDING,
    (D.REVOKED, "deploy"): D.PENDING,
    (D.PENDING, "quarantine"): D.QUARANTINED,
    (D.ACTIVE, "quarantine"): D.QUARANTINED,
    (D.PENDING, "revoke"): D.REVOKED,
    (D.ACTIVE, "revoke"): D.REVOKED,
    (D.QUARANTINED, "revoke"): D.REVOKED,
}

KEY_TRANSITIONS: dict[tuple[KeyState, KeyEvent], KeyState] = {
    (K.PENDING, "approve"): K.ACTIVE,
    (K.QUARANTINED, "approve"): K.ACTIVE,
    (K.PENDING, "quarantine"): K.QUARANTINED,
    (K.ACTIVE, "quarantine"): K.QUARANTINED,
    (K.PENDING, "revoke"): K.REVOKED,
    (K.ACTIVE, "revoke"): K.REVOKED,
    (K.QUARANTINED, "revoke"): K.REVOKED,
}


def advance(state: DeviceState, event: DeviceEvent) -> DeviceState:
    """A device's state after `event`.

    Raises:
        DeviceStateWrong: 409, when the event does not fit the state.
    """
    after = DEVICE_TRANSITIONS.get((state, event))
    if after is None:
        raise DeviceStateWrong(f"A device that is {state} cannot be changed by '{event}'")
    return after


def advance_key(state: KeyState, event: KeyEvent) -> KeyState:
    """A key's state after `event`. What the key's bearer may do follows from it alone.

    Raises:
        DeviceStateWrong: 409, when the event does not fit the state.
    """
    after = KEY_TRANSITIONS.get((state, event))
    if after is None:
        raise DeviceStateWrong(f"A key that is {state} cannot be changed by '{event}'")
    return after
