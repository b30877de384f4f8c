"""The life of an upload, as a table."""

from enum import StrEnum
from typing import Literal

from deployflow.uploads.errors import UploadStateWrong

UploadEvent = Literal["finish", "take"]


class UploadState(StrEnum):
    OPEN = "open"
    """Not all of it is here."""
    FINISHED = "finished"
    """All of it is here, and nobody has taken it yet."""
    TAKEN = "taken"
    """An import or a driver pack owns it now and deletes it."""


S = UploadState

TRANSITIONS: dict[tuple[UploadState, UploadEvent], UploadState] = {
    (S.OPEN, "finish"): S.FINISHED,
    (S.FINISHED, "take"): S.TAKEN,
}


def advance(state: UploadState, event: UploadEvent) -> UploadState:
    """An upload's state after `event`.

    Raises:
        UploadStateWrong: 409, when the event does not fit the state.
    """
    after = TRANSITIONS.get((state, event))
    if after is None:
        raise UploadStateWrong(f"An upload that is {state} cannot be changed by '{event}'")
    return after
