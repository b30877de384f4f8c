"""The lives of an image, its import and a boot environment, as tables."""

from enum import StrEnum
from typing import Literal

from deployflow.images.errors import ImportStateWrong


class ImageState(StrEnum):
    IMPORTING = "importing"
    READY = "ready"
    FAILED = "failed"


class ImportState(StrEnum):
    QUEUED = "queued"
    FETCHING = "fetching"
    """The file comes to the server."""
    VERIFYING = "verifying"
    """Its checksum is computed and compared."""
    UNPACKING = "unpacking"
    """What machines need is taken out of the ISO."""
    INSPECTING = "inspecting"
    """The editions are read."""
    PREPARING = "preparing"
    """The WIM is written anew so that it can be applied while it is being downloaded."""
    READY = "ready"
    FAILED = "failed"
    CANCELLED = "cancelled"


class EnvironmentState(StrEnum):
    MAKING = "making"
    READY = "ready"
    FAILED = "failed"


ImportEvent = Literal["fetch", "verify", "unpack", "inspect", "prepare", "finish", "fail", "cancel", "retry"]
S = ImportState

WORKING = (S.FETCHING, S.VERIFYING, S.UNPACKING, S.INSPECTING, S.PREPARING)
UNFINISHED = (S.QUEUED, *WORKING)

TRANSITIONS: dict[tuple[ImportState, ImportEvent], ImportState] = {
    (S.QUEUED, "fetch"): S.FETCHING,
    (S.FETCHING, "verify"): S.VERIFYING,
    (S.VERIFYING, "unpack"): S.UNPACKING,
    (S.UNPACKING, "inspect"): S.INSPECTING,
    (S.INSPECTING, "prepare"): S.PREPARING,
    (S.PREPARING, "finish"): S.READY,
    # A step that was interrupted begins once more.
    (S.FETCHING, "fetch"): S.FETCHING,
    (S.VERIFYING, "verify"): S.VERIFYING,
    (S.UNPACKING, "unpack"): S.UNPACKING,
    (S.INSPECTING, "inspect"): S.INSPECTING,
    (S.PREPARING, "prepare"): S.PREPARING,
    # The record of what is done was lost, so all of it begins once more.
    (S.VERIFYING, "fetch"): S.FETCHING,
    (S.UNPACKING, "fetch"): S.FETCHING,
    (S.INSPECTING, "fetch"): S.FETCHING,
    (S.PREPARING, "fetch"): S.FETCHING,
    **{(state, "fail"): S.FAILED for state in UNFINISHED},
    **{(state, "cancel"): S.CANCELLED for state in UNFINISHED},
    (S.FAILED, "retry"): S.QUEUED,
    (S.CANCELLED, "retry"): S.QUEUED,
}


def advance(state: ImportState, event: ImportEvent) -> ImportState:
    """An import's state after `event`.

    Raises:
        ImportStateWrong: 409, when the event does not fit the state.
    """
    after = TRANSITIONS.get((state, event))
    if after is None:
        raise ImportStateWrong(f"An import that is {state} cannot be changed by '{event}'")
    return after
