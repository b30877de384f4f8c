"""The lives of a device and of its keys, as tables."""

from typing import Literal, get_args

from deployflow.devices.errors import DeviceStateWrong

DeviceState = Literal["pending", "active", "quarantined", "revoked"]
KeyState = Literal["pending", "active", "quarantined", "revoked"]
DeviceEvent = Literal["approve", "quarantine", "revoke"]
KeyEvent = Literal["approve", "quarantine", "revoke"]

DEVICE_STATES: tuple[DeviceState, ...] = get_args(DeviceState)

DEVICE_TRANSITIONS: dict[tuple[DeviceState, DeviceEvent], DeviceState] = {
    ("pending", "approve"): "active",
    # A known machine brought a new key, which now takes the place of the old one.
    ("active", "approve"): "active",
    ("quarantined", "approve"): "active",
    # The same, after the old key was revoked.
    ("revoked", "approve"): "active",
    ("pending", "quarantine"): "quarantined",
    ("active", "quarantine"): "quarantined",
    ("pending", "revoke"): "revoked",
    ("active", "revoke"): "revoked",
    ("quarantined", "revoke"): "revoked",
}

KEY_TRANSITIONS: dict[tuple[KeyState, KeyEvent], KeyState] = {
    ("pending", "approve"): "active",
    ("quarantined", "approve"): "active",
    ("pending", "quarantine"): "quarantined",
    ("active", "quarantine"): "quarantined",
    ("pending", "revoke"): "revoked",
    ("active", "revoke"): "revoked",
    ("quarantined", "revoke"): "revoked",
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
