"""Who goes first when many devices want something of one process at once.

Ten thousand devices that were woken by one order report back while others still wait to be given theirs. Kept at once,
each report would push a delivery back, and so would the next check-in of a device that has reported: delivered to all
would be as late as done by all.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from deployflow.platform.runtime import Runtime

# Reports get their turn all the same, a batch at a time: devices may be woken without an end.
PATIENCE_S = 1.0


class Precedence:
    """The devices of this process that were woken and have not been given what for."""

    def __init__(self, _runtime: Runtime) -> None:
        self._woken = 0
        self._nobody = asyncio.Event()
        self._nobody.set()

    @contextmanager
    def woken(self) -> Iterator[None]:
        """Around the wait of one of them."""
        self._woken += 1
        self._nobody.clear()
        try:
            yield
        finally:
            self._woken -= 1
            if self._woken == 0:
                self._nobody.set()

    async def after_them(self) -> None:
        """Wait until they have it, but not for long."""
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_S):
                await self._nobody.wait()
