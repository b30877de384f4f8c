"""How far an import is: counted in threads, written to its row once a second, which is also where it hears a stop."""

import asyncio
import time
from contextlib import suppress
from datetime import timedelta
from types import TracebackType
from typing import Self
from uuid import UUID

from sqlalchemy import select, update

from deployflow.images.errors import ImportCancelled
from deployflow.images.models import ImageImport
from deployflow.platform import clock
from deployflow.platform.changes import changed
from deployflow.platform.context import system_context
from deployflow.platform.runtime import Runtime

WRITE_EVERY = timedelta(seconds=1)
# How much a new measurement moves the shown rate: it neither jumps nor lags for long.
WEIGHT = 0.3


class Progress:
    """Counts one step of an import. `add` and `reach` may be called in any thread.

    async with Progress(runtime, import_id, total=size) as progress:
        await in_thread(copy, progress.add)
    """

    def __init__(self, runtime: Runtime, import_id: UUID, *, total: int | None) -> None:
        self._runtime = runtime
        self._import_id = import_id
        self._done = 0
        self._total = total
        self._rate: float | None = None
        self._cancelled = False
        self._task: asyncio.Task[None] | None = None

    def add(self, count: int) -> None:
        """So many bytes more.

        Raises:
            ImportCancelled: somebody called it off.
        """
        self.reach(self._done + count)

    def reach(self, done: int, total: int | None = None) -> None:
        """So many bytes in all; a new total where it is known only now."""
        if self._cancelled:
            raise ImportCancelled
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
        context = system_context()
        async with self._runtime.db.write(context) as session:
            found = (
                await session.execute(
                    select(ImageImport.tenant_id, ImageImport.image_id, ImageImport.cancel_requested_at).where(
                        ImageImport.id == self._import_id
                    )
                )
            ).one_or_none()
            # An import whose image was deleted is called off as well.
            self._cancelled = found is None or found.cancel_requested_at is not None
            if found is None:
                return
            await session.execute(
                update(ImageImport)
                .where(ImageImport.id == self._import_id)
                .values(
                    bytes_done=self._done,
                    bytes_total=self._total,
                    bytes_per_s=None if self._rate is None else int(self._rate),
                    updated_at=clock.now(),
                )
            )
            changed(session, "image-imports", f"image:{found.image_id}", tenant_id=found.tenant_id)
