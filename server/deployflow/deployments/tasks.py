"""What time does to deployments: nobody came, a machine went silent, the first boot never happened."""

from datetime import timedelta

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from deployflow.deployments import service
from deployflow.deployments.announcing import announce
from deployflow.deployments.models import Deployment
from deployflow.deployments.progress import FLUSH_EVERY, Progress
from deployflow.deployments.schemas import SILENT_AFTER
from deployflow.deployments.states import Event, State, advance
from deployflow.platform import clock
from deployflow.platform.context import system_context
from deployflow.platform.periodic import Periodic
from deployflow.platform.runtime import Runtime

SWEEP_EVERY = timedelta(seconds=10)
SWEEP_ROWS = 200
# A machine that was switched off over night is looked at in the morning.
LOST_AFTER = timedelta(hours=12)


class Sweeps:
    """The sweeps of one process."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    async def sweep(self) -> None:
        """Do what is due."""
        due = _due(self._runtime)
        async with self._runtime.db.read(system_context()) as session:
            # Looked up by reading: mostly nothing is due, and on SQLite the writer has others waiting for it.
            if await session.scalar(select(Deployment.id).where(due).limit(1)) is None:
                return
        async with self._runtime.db.write(system_context()) as session:
            ids = await session.scalars(select(Deployment.id).where(due).order_by(Deployment.id).limit(SWEEP_ROWS))
            for deployment_id in list(ids):
                await _settle(session, await service.locked(session, deployment_id))

    async def tell_of_silence(self) -> None:
        """Let screens look again at who has just gone silent: nothing was written that would tell them."""
        now = clock.now()
        last = func.coalesce(Deployment.last_report_at, Deployment.approved_at)
        silent = and_(
            Deployment.state == State.RUNNING,
            last <= now - SILENT_AFTER,
            last > now - SILENT_AFTER - SWEEP_EVERY * 2,
        )
        async with self._runtime.db.read(system_context()) as session:
            if not (await session.scalars(select(Deployment.id).where(silent).limit(1))).all():
                return
        async with self._runtime.db.write(system_context()) as session:
            for deployment in await session.scalars(select(Deployment).where(silent).limit(SWEEP_ROWS)):
                announce(session, deployment)


def _due(runtime: Runtime) -> ColumnElement[bool]:
    now = clock.now()
    return or_(
        and_(Deployment.state == State.ARMED, Deployment.armed_until <= now),
        and_(
            Deployment.state.in_([State.RUNNING, State.WAITING_FOR_APPROVAL]),
            func.coalesce(Deployment.last_report_at, Deployment.approved_at) <= now - LOST_AFTER,
        ),
        and_(
            Deployment.state == State.AWAITING_FIRST_BOOT,
            Deployment.consumed_at <= now - runtime.settings.first_boot_within,
        ),
    )


async def _settle(session: AsyncSession, deployment: Deployment) -> None:
    if deployment.state == State.ARMED:
        advance(deployment, Event.EXPIRE)
        deployment.reason = "Its machine did not start from the network in time"
        announce(session, deployment)
    elif deployment.state == State.AWAITING_FIRST_BOOT:
        await service.fail(
            session,
            deployment,
            "first_boot_missing",
            "The installed system never enrolled: look at the machine's screen, then arm it anew",
        )
    elif deployment.state in {State.RUNNING, State.WAITING_FOR_APPROVAL}:
        await service.fail(
            session,
            deployment,
            "machine_lost",
            "The machine has not been heard for twelve hours: look at it, and retry from the step it was at",
        )


def periodic(runtime: Runtime) -> list[Periodic]:
    """The periodic work of deployments."""
    sweeps = runtime.part(Sweeps)
    return [
        Periodic("flush_deployment_progress", FLUSH_EVERY, runtime.part(Progress).flush),
        Periodic("sweep_deployments", SWEEP_EVERY, sweeps.sweep, exclusive=True),
        Periodic("tell_of_silent_machines", SWEEP_EVERY, sweeps.tell_of_silence),
    ]
