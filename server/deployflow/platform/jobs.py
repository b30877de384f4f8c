"""Durable jobs: work of minutes, in steps, that goes on after the server was killed.

What is to be done stands in a row of the domain; its kind says which rows are unfinished. DBOS Transact keeps which
steps of a job are done and runs the rest again. It costs memory and time to load, so it is loaded when the first
unfinished row is seen. A step may run twice and has to be written for that.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from deployflow.platform import clock
from deployflow.platform.changes import wake_after_commit
from deployflow.platform.context import system_context
from deployflow.platform.db import is_unavailable
from deployflow.platform.periodic import Periodic
from deployflow.platform.runtime import Runtime

if TYPE_CHECKING:
    from deployflow.platform.durable import Engine

log = structlog.get_logger(__name__)

CHANNEL = "jobs"
LOOK_EVERY = timedelta(seconds=15)
FIRST_LOOK_AFTER = timedelta(seconds=1)
# A job writes its progress every second or so; one that has not for this long lost its process. If it did not, two
# processes do the same, which costs time and nothing else.
ORPHANED_AFTER = timedelta(seconds=30)

Step = Callable[[Runtime, UUID], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A job that has to be done. `attempt` grows when a person starts it again."""

    job_id: UUID
    attempt: int
    alive_at: datetime


@dataclass(frozen=True, slots=True)
class JobKind:
    """What a job of this kind does.

    Attributes:
        steps: In order, by name. A name stays as it is once a version with it was released.
        failed: Writes into the row why it ended; nothing is raised to anybody.
        unfinished: Which rows are to be worked on.
    """

    name: str
    steps: Mapping[str, Step]
    failed: Callable[[Runtime, UUID, Exception], Awaitable[None]]
    unfinished: Callable[[AsyncSession], Awaitable[Sequence[Unfinished]]]


KINDS: dict[str, JobKind] = {}


class JobDied(Exception):
    """The server ended again and again while it did this."""

    def __init__(self) -> None:
        super().__init__("The server stopped several times while it worked on this: look into its log, then retry")


def register(kind: JobKind) -> None:
    KINDS[kind.name] = kind


def queued(session: AsyncSession, kind: str) -> None:
    """Say that this transaction made a row that is to be worked on."""
    wake_after_commit(session, CHANNEL, kind)


class Jobs:
    """The jobs of this process."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._engine: Engine | None = None
        self._looking = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()

    def listen(self) -> None:
        """From now on, work on what is queued, here or in another process."""
        self._runtime.wakeups.listen(CHANNEL, lambda _keys: self._look_soon())

    @property
    def loaded(self) -> bool:
        return self._engine is not None

    async def look(self) -> None:
        """See what is unfinished and have it done."""
        async with self._looking:
            waiting: list[tuple[JobKind, Unfinished]] = []
            async with self._runtime.db.read(system_context()) as session:
                for kind in KINDS.values():
                    waiting += [(kind, one) for one in await kind.unfinished(session)]
            if not waiting:
                return
            engine = await self._engine_now()
            for kind, one in waiting:
                orphaned = clock.now() - one.alive_at > ORPHANED_AFTER
                verdict = await asyncio.to_thread(engine.ensure, kind.name, one, orphaned=orphaned)
                if verdict == "died":
                    await kind.failed(self._runtime, one.job_id, JobDied())

    async def work(self, kind: JobKind, name: str, job_id: UUID) -> bool:
        """One step; whether to go on with the next. What went wrong is in the row then."""
        try:
            await kind.steps[name](self._runtime, job_id)
        except Exception as error:
            if is_unavailable(error):
                raise
            if not getattr(error, "is_expected", False):
                log.exception("job_failed", kind=kind.name, job_id=str(job_id), step=name)
            await kind.failed(self._runtime, job_id, error)
            return False
        return True

    async def stop(self) -> None:
        """Stop what runs; it goes on with the step it was in when a server runs again."""
        for task in self._tasks:
            task.cancel()
        if self._engine is not None:
            engine, self._engine = self._engine, None
            await asyncio.to_thread(engine.stop)

    async def _engine_now(self) -> "Engine":
        if self._engine is None:
            loop = asyncio.get_running_loop()
            self._engine = await asyncio.to_thread(_load, self._runtime, self, loop)
            self._runtime.before_close(self.stop)
        return self._engine

    def _look_soon(self) -> None:
        task = asyncio.create_task(self._look_quietly())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _look_quietly(self) -> None:
        try:
            await self.look()
        except Exception:
            # The next round looks again.
            log.exception("jobs_not_looked_at")


def _load(runtime: Runtime, jobs: Jobs, loop: asyncio.AbstractEventLoop) -> "Engine":
    from deployflow.platform.durable import Engine  # noqa: PLC0415  24 MB and a third of a second

    return Engine(runtime.settings, jobs, loop)


def periodic(runtime: Runtime) -> list[Periodic]:
    """Looks for jobs: soon after the start, when told to, and every now and then."""
    jobs = runtime.part(Jobs)
    jobs.listen()
    return [Periodic("jobs.look", LOOK_EVERY, jobs.look, first=FIRST_LOOK_AFTER)]
