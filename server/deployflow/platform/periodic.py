"""Work that comes round: sweeps and flushes. On PostgreSQL an exclusive one runs in one process at a time."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from zlib import crc32

import structlog
from sqlalchemy import text

from deployflow.platform.db import Database

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Periodic:
    """One such task.

    Attributes:
        exclusive: Only one process of many does it (a PostgreSQL advisory lock decides).
        first: How long after the start it is done for the first time, where that is not `every`.
    """

    name: str
    every: timedelta
    run: Callable[[], Awaitable[None]]
    exclusive: bool = False
    first: timedelta | None = None


class PeriodicRunner:
    """Runs the tasks until it is stopped. A task that fails is logged and comes round again."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._tasks: list[asyncio.Task[None]] = []

    def start(self, tasks: list[Periodic]) -> None:
        self._tasks = [asyncio.create_task(self._repeat(task), name=task.name) for task in tasks]

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with suppress(asyncio.CancelledError):
                await task

    async def _repeat(self, task: Periodic) -> None:
        failing = False
        pause = task.every if task.first is None else task.first
        while True:
            await asyncio.sleep(pause.total_seconds())
            pause = task.every
            try:
                await self._run_once(task)
            except Exception:
                if not failing:
                    log.exception("periodic_task_failed", task=task.name)
                failing = True
            else:
                if failing:
                    log.info("periodic_task_recovered", task=task.name)
                failing = False

    async def _run_once(self, task: Periodic) -> None:
        if self._db.is_sqlite or not task.exclusive:
            await task.run()
            return
        key = crc32(task.name.encode())
        async with self._db.reader.connect() as connection:
            got = await connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": key})
            await connection.commit()
            if not got:
                return
            try:
                await task.run()
            finally:
                await connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": key})
                await connection.commit()
