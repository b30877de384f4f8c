"""The tables of states: every jump they do not name is refused."""

from itertools import product
from typing import get_args

import pytest

from deployflow.devices.errors import DeviceStateWrong
from deployflow.devices.states import (
    DEVICE_TRANSITIONS,
    KEY_TRANSITIONS,
    DeviceEvent,
    DeviceState,
    KeyEvent,
    KeyState,
    advance,
    advance_key,
)

DEVICE_JUMPS = list(product(DeviceState, get_args(DeviceEvent)))
KEY_JUMPS = list(product(KeyState, get_args(KeyEvent)))


@pytest.mark.parametrize(("state", "event"), [jump for jump in DEVICE_JUMPS if jump not in DEVICE_TRANSITIONS])
def test_a_device_does_not_jump(state: DeviceState, event: DeviceEvent) -> None:
    with pytest.raises(DeviceStateWrong):
        advance(state, event)


@pytest.mark.parametrize(("state", "event"), [jump for jump in KEY_JUMPS if jump not in KEY_TRANSITIONS])
def test_a_key_does_not_jump(state: KeyState, event: KeyEvent) -> None:
    with pytest.raises(DeviceStateWrong):
        advance_key(state, event)


def test_a_revoked_key_never_comes_back() -> None:
    assert not [event for state, event in KEY_TRANSITIONS if state == KeyState.REVOKED]
