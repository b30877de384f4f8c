"""Waiting for a condition, never for a time: limits are generous and only end a test that has failed already."""

import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")
LIMIT_S = 180.0


def until(what: str, probe: Callable[[], Found | None], *, within_s: float = LIMIT_S, every_s: float = 0.05) -> Found:
    """The first true answer of `probe`.

    Raises:
        AssertionError: naming what did not come.
    """
    ends = time.monotonic() + within_s
    while True:
        if found := probe():
            return found
        if time.monotonic() > ends:
            raise AssertionError(f"not within {within_s:.0f} s: {what}")
        time.sleep(every_s)
