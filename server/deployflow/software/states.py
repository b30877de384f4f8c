"""The life of an installer as a table, and how software can stand on a device."""

from enum import StrEnum
from typing import Literal

from deployflow.software.errors import InstallerStateWrong

InstallerEvent = Literal["finish", "fail", "retry"]


class InstallerState(StrEnum):
    IMPORTING = "importing"
    READY = "ready"
    FAILED = "failed"


S = InstallerState

TRANSITIONS: dict[tuple[InstallerState, InstallerEvent], InstallerState] = {
    (S.IMPORTING, "finish"): S.READY,
    (S.IMPORTING, "fail"): S.FAILED,
    (S.FAILED, "retry"): S.IMPORTING,
}


def advance(state: InstallerState, event: InstallerEvent) -> InstallerState:
    """An installer's state after `event`.

    Raises:
        InstallerStateWrong: 409, when the event does not fit the state.
    """
    after = TRANSITIONS.get((state, event))
    if after is None:
        raise InstallerStateWrong(f"An installer that is {state} cannot be changed by '{event}'")
    return after


class Standing(StrEnum):
    """How an item stands on a device, as detection or the inventory last told."""

    INSTALLED = "installed"
    MISSING = "missing"
    UNKNOWN = "unknown"
