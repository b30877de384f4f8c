"""How far running steps are: kept in memory and written in batches, a second or two behind the machines.

Twenty machines that apply an image say so twenty times a second; the wall needs it once in a while.
"""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Table, bindparam, func, or_, update

from deployflow.deployments.models import Deployment
from deployflow.deployments.reports import Progressed
from deployflow.deployments.states import State
from deployflow.platform import clock
from deployflow.platform.changes import CHANGES
from deployflow.platform.context import system_context
from deployflow.platform.runtime import Runtime

FLUSH_EVERY = timedelta(seconds=1.5)
# A sign of life without progress is written this seldom.
ALIVE_EVERY_S = 10.0
# The rate is that of the last seconds, not of the whole step.
RATE_OVER_S = 5.0

_DEPLOYMENTS = cast("Table", Deployment.__table__)


@dataclass(slots=True)
class _Place:
    """What is known of one deployment's step."""

    tenant_id: UUID
    position: int
    percent: float | None = None
    bytes_done: int | None = None
    bytes_total: int | None = None
    bytes_per_s: int | None = None
    text: str | None = None
    rate_since: float = 0.0
    rate_from: int = 0
    dirty: bool = True


class Progress:
    """What this process has heard and not yet written."""

    def __init__(self, runtime: Runtime) -> None:
        self._db = runtime.db
        self._wakeups = runtime.wakeups
        self._places: dict[UUID, _Place] = {}
        self._alive: dict[UUID, datetime] = {}
        self._alive_written: dict[UUID, float] = {}
        runtime.before_close(self.flush)

    def note(self, tenant_id: UUID, deployment_id: UUID, report: Progressed) -> None:
        """A step goes on."""
        now = time.monotonic()
        place = self._places.get(deployment_id)
        if place is None or place.position != report.position:
            place = self._places[deployment_id] = _Place(tenant_id, report.position, rate_since=now)
            place.rate_from = report.bytes_done or 0
        place.percent, place.text = report.percent, report.text
        place.bytes_done, place.bytes_total = report.bytes_done, report.bytes_total
        passed = now - place.rate_since
        if report.bytes_done is not None and passed >= RATE_OVER_S:
            place.bytes_per_s = max(0, int((report.bytes_done - place.rate_from) / passed))
            place.rate_since, place.rate_from = now, report.bytes_done
        place.dirty = True

    def is_alive(self, deployment_id: UUID) -> None:
        """Its machine was heard."""
        self._alive[deployment_id] = clock.now()

    def forget(self, deployment_id: UUID) -> None:
        """The step is over: what was said of it is not written any more."""
        self._places.pop(deployment_id, None)

    async def flush(self) -> None:
        """Write what is new. What cannot be written stays for the next time."""
        places = {row_id: place for row_id, place in self._places.items() if place.dirty}
        now = time.monotonic()
        alive = {
            row_id: at
            for row_id, at in self._alive.items()
            if row_id in places or now - self._alive_written.get(row_id, -ALIVE_EVERY_S) >= ALIVE_EVERY_S
        }
        if not places and not alive:
            return
        async with self._db.write(system_context()) as session:
            connection = await session.connection()
            if places:
                await connection.execute(_PROGRESS, [_parameters(row_id, place) for row_id, place in places.items()])
            if alive:
                rows = [{"row_id": row_id, "row_at": at} for row_id, at in sorted(alive.items())]
                await connection.execute(_ALIVE, rows)
        for place in places.values():
            place.dirty = False
        for row_id in alive:
            self._alive_written[row_id] = now
            self._alive.pop(row_id, None)
        if len(self._alive_written) > 10_000:  # noqa: PLR2004  ended ones; starting anew costs a write each
            self._alive_written.clear()
        self._tell(places)

    def _tell(self, places: dict[UUID, _Place]) -> None:
        topics: set[str] = set()
        for row_id, place in places.items():
            topics |= {f"{place.tenant_id}/deployments", f"{place.tenant_id}/deployment:{row_id}"}
        self._wakeups.publish(CHANGES, topics)


def _parameters(row_id: UUID, place: _Place) -> dict[str, Any]:
    return {
        "row_id": row_id,
        "row_position": place.position,
        "row_percent": place.percent,
        "row_done": place.bytes_done,
        "row_total": place.bytes_total,
        "row_rate": place.bytes_per_s,
        "row_text": place.text,
    }


_WORKS = or_(_DEPLOYMENTS.c.state == State.RUNNING, _DEPLOYMENTS.c.state == State.FINISHING)
# What was heard of a step that has ended meanwhile is not written over the next one's.
_PROGRESS = (
    update(_DEPLOYMENTS)
    .where(_DEPLOYMENTS.c.id == bindparam("row_id"), _DEPLOYMENTS.c.position == bindparam("row_position"), _WORKS)
    .values(
        percent=bindparam("row_percent"),
        bytes_done=bindparam("row_done"),
        bytes_total=bindparam("row_total"),
        bytes_per_s=bindparam("row_rate"),
        progress_text=bindparam("row_text"),
    )
)
# Nor is a machine that has been heard since made silent by what was heard of it before.
_ALIVE = (
    update(_DEPLOYMENTS)
    .where(
        _DEPLOYMENTS.c.id == bindparam("row_id"),
        _WORKS,
        func.coalesce(_DEPLOYMENTS.c.last_report_at, _DEPLOYMENTS.c.created_at) < bindparam("row_at"),
    )
    .values(last_report_at=bindparam("row_at"))
)
