"""The one word that a stopping server says to whoever it keeps waiting.

A held check-in and an open event stream would otherwise hold up the stop, or be cut off and look like an
outage. Ten thousand waiters make ten thousand tasks where each awaits `wait()`: hold many by one listener.
"""

import asyncio
from collections.abc import Callable


class Drain:
    """Starts once and never ends: the process is on its way out."""

    def __init__(self) -> None:
        self._started = asyncio.Event()
        self._listeners: list[Callable[[], None]] = []

    @property
    def draining(self) -> bool:
        return self._started.is_set()

    def listen(self, listener: Callable[[], None]) -> None:
        """Call `listener` in the event loop when draining starts. It must not block."""
        self._listeners.append(listener)

    def start(self) -> None:
        """Release everybody who waits. Called again, it does nothing."""
        if self._started.is_set():
            return
        self._started.set()
        for listener in self._listeners:
            listener()

    async def wait(self) -> None:
        await self._started.wait()
