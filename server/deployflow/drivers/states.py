"""The life of a driver pack, as a table."""

from enum import StrEnum
from typing import Literal

from deployflow.drivers.errors import PackStateWrong

PackEvent = Literal["finish", "fail", "retry"]


class PackState(StrEnum):
    IMPORTING = "importing"
    READY = "ready"
    FAILED = "failed"


S = PackState

TRANSITIONS: dict[tuple[PackState, PackEvent], PackState] = {
    (S.IMPORTING, "finish"): S.READY,
    (S.IMPORTING, "fail"): S.FAILED,
    (S.FAILED, "retry"): S.IMPORTING,
}


def advance(state: PackState, event: PackEvent) -> PackState:
    """A pack's state after `event`.

    Raises:
        PackStateWrong: 409, when the event does not fit the state.
    """
    after = TRANSITIONS.get((state, event))
    if after is None:
        raise PackStateWrong(f"A driver pack that is {state} cannot be changed by '{event}'")
    return after
