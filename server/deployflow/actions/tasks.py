"""What time does to actions: expiry, leases that run out, ends that never come."""

from datetime import timedelta

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession

from deployflow.actions.models import Action, is_in
from deployflow.actions.service import WORK, announce, finished
from deployflow.actions.states import Event, Status, advance
from deployflow.platform import clock
from deployflow.platform.changes import wake_after_commit
from deployflow.platform.context import system_context
from deployflow.platform.periodic import Periodic
from deployflow.platform.runtime import Runtime

SWEEP_EVERY = timedelta(seconds=5)
# One transaction holds this many rows: on SQLite it keeps every other writer waiting meanwhile.
SWEEP_ROWS = 500
LOST_CONTACT = "lost_contact"


class Sweeps:
    """The sweeps of one process."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        # A server that was down could not hear renewals: devices get one lease to say that they are still at it.
        self._leases_from = clock.now() + runtime.settings.lease

    async def sweep(self) -> None:
        """Do what is due."""
        now = clock.now()
        due = [
            is_in(Status.PENDING) & (Action.expires_at <= now),
            is_in(Status.RUNNING) & (Action.overdue_at <= now),
        ]
        if now >= self._leases_from:
            due.append(is_in(Status.LEASED, Status.RUNNING) & (Action.lease_until <= now))
        for condition in due:
            while await self._is_any(condition) and await self._some(condition):
                pass

    async def _is_any(self, due: ColumnElement[bool]) -> bool:
        """Looked up by reading: mostly nothing is due, and on SQLite the writer has others waiting for it."""
        async with self._runtime.db.read(system_context()) as session:
            return await session.scalar(select(Action.id).where(due).limit(1)) is not None

    async def _some(self, due: ColumnElement[bool]) -> bool:
        async with self._runtime.db.write(system_context()) as session:
            actions = list(
                await session.scalars(
                    select(Action).where(due).order_by(Action.id).limit(SWEEP_ROWS).with_for_update(skip_locked=True)
                )
            )
            for action in actions:
                await _settle(session, action)
            announce(session, actions)
            wake_after_commit(session, WORK, *(str(action.device_id) for action in actions))
        return len(actions) == SWEEP_ROWS


async def _settle(session: AsyncSession, action: Action) -> None:
    now = clock.now()
    if action.status == Status.PENDING:
        _expire(action)
    elif action.status == Status.LEASED:
        if action.cancel_requested_at is not None:
            advance(action, Event.CANCEL, reason="Cancelled; the device never said that it started it")
        else:
            advance(action, Event.RETURN_TO_PENDING, reason="The device never said that it started it")
            action.lease_until = None
            if action.expires_at <= now:
                _expire(action)
    elif action.overdue_at is not None and action.overdue_at <= now:
        action.error_code = "timed_out"
        action.error_message = "It ran far longer than its time-out, and the device never reported an end"
        advance(action, Event.TIME_OUT, reason=action.error_message)
    else:
        action.error_code = LOST_CONTACT
        action.error_message = (
            "It was cancelled, and the device does not say how it ended; if it does, its result counts"
            if action.cancel_requested_at is not None
            else "The device went silent while this ran; if it comes back, its result counts"
        )
        advance(action, Event.LOSE, reason=action.error_message)
    if action.finished_at is not None:
        await finished(session, action)


def _expire(action: Action) -> None:
    advance(action, Event.EXPIRE, reason="The device did not come for it in time")


def periodic(runtime: Runtime) -> list[Periodic]:
    """The ledger's periodic work."""
    return [Periodic("sweep_actions", SWEEP_EVERY, runtime.part(Sweeps).sweep, exclusive=True)]
