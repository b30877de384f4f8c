"""Keeps runs going: woken by each end of an action, and all that are not over come round."""

import asyncio
from datetime import timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, select

from deployflow.actions.service import ENDS
from deployflow.platform.context import system_context
from deployflow.platform.periodic import Periodic
from deployflow.platform.runtime import Runtime
from deployflow.runs import conducting
from deployflow.runs.models import Run
from deployflow.runs.states import RunState

STEP_EVERY = timedelta(seconds=0.5)
# Devices that come online, and so get their turn, are seen by this.
PACED_EVERY_S = 5.0
# What another process left when it died. All others have news of their own.
ALL_EVERY_S = 60.0


class Conductor:
    """The one of a process. What it knows is only which orders had news; what to do about it, the ledger says."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._news: set[str] = set()
        self._all_at = self._paced_at = 0.0
        runtime.wakeups.listen(ENDS, self._news.update)

    async def go_on(self) -> None:
        """One step for each run that had news, for those that keep to a pace, and now and then for all."""
        now = asyncio.get_running_loop().time()
        wanted: ColumnElement[bool] = Run.id.in_([UUID(batch_id) for batch_id in self._news])
        if now >= self._all_at:
            self._all_at = now + ALL_EVERY_S
            wanted |= Run.ended_at.is_(None)
        elif now >= self._paced_at:
            wanted |= Run.ended_at.is_(None) & (Run.at_most.is_not(None) | (Run.state != RunState.RUNNING))
        elif not self._news:
            return
        if now >= self._paced_at:
            self._paced_at = now + PACED_EVERY_S
        news, self._news = self._news, set()
        try:
            async with self._runtime.db.read(system_context()) as session:
                runs = (await session.execute(select(Run.id, Run.tenant_id).where(wanted))).all()
            for run in runs:
                await self._conduct(run.id, run.tenant_id)
        except BaseException:
            self._news |= news
            raise

    async def _conduct(self, run_id: UUID, tenant_id: UUID) -> None:
        more = True
        while more:
            async with self._runtime.db.write(system_context(tenant_id)) as session:
                more = (await conducting.step(session, run_id)).more


def periodic(runtime: Runtime) -> list[Periodic]:
    """The runs' periodic work, of every process."""
    return [Periodic("conduct_runs", STEP_EVERY, runtime.part(Conductor).go_on)]
