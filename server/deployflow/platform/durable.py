"""DBOS Transact as the engine under `platform.jobs`. Only that module imports this one, and late.

DBOS is one for a process: a second server in the same process, which only tests have, has to wait for the first to
stop. Its tables are in `jobs.db` beside the database, or in a schema of their own in PostgreSQL. They are no record of
anything: without them a job starts at its first step.
"""

import asyncio
import logging
import threading
from concurrent.futures import CancelledError, Future
from typing import TYPE_CHECKING, Literal
from uuid import UUID, uuid4

from dbos import DBOS, DBOSConfig, SetWorkflowID, WorkflowSerializationFormat

from deployflow.platform.jobs import KINDS, Jobs, Unfinished
from deployflow.platform.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Coroutine

QUEUE = "jobs"
# Each of them keeps a core busy.
AT_ONCE = 2
POLL_S = 0.5
# A job that is in the middle of something each time the server dies may be why it dies.
MAX_RECOVERIES = 10
# Workflows are recovered by the version that began them; ours go on with any.
VERSION = "1"
ONLY_SERVER = "server"

Verdict = Literal["running", "died"]


class Stopped(BaseException):
    """The server stops. No `Exception`: DBOS would keep it as the job's end."""


class Engine:
    """Runs jobs in DBOS's threads, their steps in the server's event loop. Its methods block."""

    def __init__(self, settings: Settings, jobs: Jobs, loop: asyncio.AbstractEventLoop) -> None:
        self._jobs = jobs
        self._loop = loop
        self._stopping = threading.Event()
        self._running: dict[str, Future[bool]] = {}
        self._alone = settings.uses_sqlite
        _be_quiet()
        DBOS(config=_config(settings))
        _Current.engine = self
        DBOS.launch()
        DBOS.register_queue(QUEUE, worker_concurrency=AT_ONCE, polling_interval_sec=POLL_S)

    def ensure(self, kind: str, job: Unfinished, *, orphaned: bool) -> Verdict:
        """See that a job is queued or runs. Gives `died` for one that was tried often enough."""
        workflow_id = f"{kind}:{job.job_id}:{job.attempt}"
        if workflow_id in self._running:
            return "running"
        status = DBOS.get_workflow_status(workflow_id)
        known = None if status is None else status.status
        if known == "MAX_RECOVERY_ATTEMPTS_EXCEEDED":
            return "died"
        if known == "PENDING":
            # Alone, DBOS has taken up its own unfinished work when it was launched.
            if orphaned and not self._alone:
                DBOS.resume_workflow(workflow_id, queue_name=QUEUE)
            return "running"
        if known in {"SUCCESS", "ERROR", "CANCELLED"}:
            # Our row is not finished, so it is of another time than DBOS's: a backup, or a database that was away.
            DBOS.delete_workflow(workflow_id)
        elif known is not None:
            return "running"
        with SetWorkflowID(workflow_id):
            DBOS.enqueue_workflow(QUEUE, _job, kind, str(job.job_id))
        return "running"

    def run_step(self, kind: str, step: str, job_id: UUID, workflow_id: str) -> bool:
        """Do one step in the server's loop and wait for it, in a thread of DBOS."""
        if self._stopping.is_set():
            raise Stopped
        work: Coroutine[None, None, bool] = self._jobs.work(KINDS[kind], step, job_id)
        future = self._running[workflow_id] = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result()
        except CancelledError:
            raise Stopped from None
        finally:
            self._running.pop(workflow_id, None)

    def stop(self) -> None:
        self._stopping.set()
        for future in list(self._running.values()):
            future.cancel()
        DBOS.destroy()
        _Current.engine = None


class _Current:
    """DBOS calls plain functions; this is how they find the server they belong to."""

    engine: Engine | None = None


@DBOS.workflow(
    name="job", max_recovery_attempts=MAX_RECOVERIES, serialization_type=WorkflowSerializationFormat.PORTABLE
)
def _job(kind: str, job_id: str) -> str:
    engine, workflow_id = _Current.engine, DBOS.workflow_id
    if engine is None or workflow_id is None:
        raise Stopped
    for step in KINDS[kind].steps:
        if not DBOS.run_step({"name": step}, engine.run_step, kind, step, UUID(job_id), workflow_id):
            return "failed"
    return "done"


def _config(settings: Settings) -> DBOSConfig:
    return {
        "name": "deployflow",
        "system_database_url": f"sqlite:///{settings.data_dir / 'jobs.db'}"
        if settings.uses_sqlite
        else settings.database_url,
        "executor_id": ONLY_SERVER if settings.uses_sqlite else uuid4().hex,
        "application_version": VERSION,
        "sys_db_pool_size": 4,
        "max_executor_threads": 8,
        # It would hold connections open for news that a poll each half second brings too.
        "use_listen_notify": False,
        "log_level": "WARNING",
    }


def _be_quiet() -> None:
    """Its log lines go where all others go."""
    library = logging.getLogger("dbos")
    library.handlers = []
    library.propagate = True
