"""Keeps runs going: woken by each end of an action, and all that are not over come round."""

import asyncio
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from deployflow.actions.service import ENDS
from deployflow.platform.context import system_context
from deployflow.platform.periodic import Periodic
from deployflow.platform.runtime import Runtime
from deployflow.runs import conducting
from deployflow.runs.models import Run

STEP_EVERY = timedelta(seconds=0.5)
# Devices that come online are seen by this; so is what another process left when it died.
ALL_EVERY_S = 5.0


class Conductor:
    """The one of a process. What it knows is only which orders had news; what to do about it, the ledger says."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._news: set[str] = set()
        self._all_at = 0.0
        runtime.wakeups.listen(ENDS, self._news.update)

    async def go_on(self) -> None:
        """One step for each run that had news, or for all that are not over."""
        now = asyncio.get_running_loop().time()
        if now >= self._all_at:
            self._all_at = now + ALL_EVERY_S
            wanted = Run.ended_at.is_(None)
        elif self._news:
            wanted = Run.id.in_([UUID(batch_id) for batch_id in self._news])
        else:
            return
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
