"""How far a job is: counted in threads, written down once a second, which is also where it hears that it is to stop."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from types import TracebackType
from typing import ClassVar, Self

WRITE_EVERY = timedelta(seconds=1)
# How much a new measurement moves the shown rate: it neither jumps nor lags for long.
WEIGHT = 0.3

Write = Callable[[int, int | None, int | None], Awaitable[bool]]


class CalledOff(Exception):
    """Somebody called the job off. Expected, so not a bug."""

    is_expected: ClassVar[bool] = True


class Progress:
    """Counts one step. `add` and `reach` may be called in any thread.

    `write(done, total, per_second)` keeps it and says whether the job is to go on.

    async with Progress(write, total=size) as progress:
        await in_thread(copy, progress.add)
    """

    def __init__(self, write: Write, *, total: int | None) -> None:
        self._keep = write
        self._done = 0
        self._total = total
        self._rate: float | None = None
        self._called_off = False
        self._task: asyncio.Task[None] | None = None

    def add(self, count: int) -> None:
        """So many bytes more.

        Raises:
            CalledOff: the job is to stop.
        """
        self.reach(self._done + count)

    def reach(self, done: int, total: int | None = None) -> None:
        """So many bytes in all; a new total where it is known only now."""
        if self._called_off:
            raise CalledOff
        self._done = done
        if total is not None:
            self._total = total

    async def __aenter__(self) -> Self:
        await self._write()
        self._task = asyncio.create_task(self._keep_writing())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._task is not None
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task
        if kind is None:
            await self._write()

    async def _keep_writing(self) -> None:
        before, then = self._done, time.monotonic()
        while True:
            await asyncio.sleep(WRITE_EVERY.total_seconds())
            now = time.monotonic()
            rate = (self._done - before) / (now - then)
            self._rate = rate if self._rate is None else self._rate + WEIGHT * (rate - self._rate)
            before, then = self._done, now
            await self._write()

    async def _write(self) -> None:
        rate = None if self._rate is None else int(self._rate)
        self._called_off = not await self._keep(self._done, self._total, rate)
