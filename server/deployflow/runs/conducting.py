"""How a run goes on: whose turn it is, when it stops by itself, and when it is over.

One step looks at the ledger and does what follows from it, in one transaction under the run's lock. Nothing is kept in
memory, so that any process takes up what another one left.
"""

from collections import Counter
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from deployflow.actions.models import Action, is_in
from deployflow.actions.service import ENDS, WORK, announce, finished
from deployflow.actions.states import Event as ActionEvent
from deployflow.actions.states import Status
from deployflow.actions.states import advance as advance_action
from deployflow.devices.models import Device
from deployflow.devices.states import DeviceState
from deployflow.platform import clock, trail
from deployflow.platform.changes import changed, wake_after_commit
from deployflow.runs import queries
from deployflow.runs.models import Run
from deployflow.runs.states import Event, RunState, advance

# One transaction holds this many rows: on SQLite it keeps every other writer waiting meanwhile.
SETTLE_ROWS = 500
# A share says little before so many have ended.
ENOUGH_ENDED = 10
FAILED = (Status.FAILED, Status.TIMED_OUT, Status.INTERRUPTED)
LIVE = (Status.PENDING, Status.LEASED, Status.RUNNING)


@dataclass(frozen=True, slots=True)
class Step:
    """What a step did. `more`: there is more of it to do at once."""

    more: bool = False


async def step(session: AsyncSession, run_id: UUID) -> Step:
    """Do what is due for a run, unless another process is at it."""
    run = await session.scalar(select(Run).where(Run.id == run_id).with_for_update(skip_locked=True))
    if run is None:
        return Step()
    before = (run.state, run.ended_at)
    moved = False
    tally = await queries.tally(session, run.id)
    if run.state == RunState.RUNNING and _too_many_failed(run, tally):
        await _stop(session, run, tally)
    if run.state == RunState.RUNNING:
        if run.at_most is not None:
            moved = await let_go(session, run)
    else:
        settled = await _settle(session, run)
        if settled == SETTLE_ROWS:
            return Step(more=True)
        if settled:
            tally = await queries.tally(session, run.id)
    _conclude(session, run, tally)
    # What actions do, the ledger itself says to the screens.
    if moved or before != (run.state, run.ended_at):
        changed(session, "runs", f"run:{run.id}", tenant_id=run.tenant_id)
    return Step()


async def let_go(session: AsyncSession, run: Run) -> bool:
    """Give the next ones their turn: as many as may work at a time, and only to devices that are there to take it.

    True when somebody got it.

    Who went away before it took its turn gives it back. Otherwise machines that are off would use up all places.
    """
    assert run.at_most is not None
    gone = select(Device.id).where(~Device.online)
    await session.execute(
        update(Action)
        .where(Action.batch_id == run.id, is_in(Status.PENDING), ~Action.held, Action.device_id.in_(gone))
        .values(held=True)
        .execution_options(synchronize_session=False)
    )
    tally = await queries.tally(session, run.id)
    free = run.at_most - sum(tally[key] for key in ("pending", "leased", "running"))
    if free <= 0 or not tally["held"]:
        return False
    here = select(Device.id).where(Device.online, Device.state == DeviceState.ACTIVE)
    next_ones = (
        await session.execute(
            select(Action.id, Action.device_id)
            .where(
                Action.batch_id == run.id,
                Action.held,
                is_in(Status.PENDING),
                Action.cancel_requested_at.is_(None),
                Action.device_id.in_(here),
            )
            .order_by(Action.id)
            .limit(free)
        )
    ).all()
    if not next_ones:
        return False
    await session.execute(
        update(Action)
        .where(Action.id.in_([row.id for row in next_ones]), is_in(Status.PENDING))
        .values(held=False)
        .execution_options(synchronize_session=False)
    )
    wake_after_commit(session, WORK, *(str(row.device_id) for row in next_ones))
    return True


async def call_off(session: AsyncSession, run: Run, *, by: str, also_begun: bool) -> None:
    """Mark what is to be called off, all at once: from then on none of it is handed out. `step` concludes it.

    What has begun is told to stop by its device's next check-in.
    """
    statuses = LIVE if also_begun else (Status.PENDING,)
    await session.execute(
        update(Action)
        .where(Action.batch_id == run.id, is_in(*statuses), Action.cancel_requested_at.is_(None))
        .values(cancel_requested_at=clock.now(), cancel_requested_by=by[:200], changes=Action.changes + 1)
        .execution_options(synchronize_session=False)
    )
    if also_begun:
        begun = select(Action.device_id).where(Action.batch_id == run.id, is_in(Status.LEASED, Status.RUNNING))
        wake_after_commit(session, WORK, *(str(device_id) for device_id in await session.scalars(begun)))
    wake_after_commit(session, ENDS, str(run.id))


def _too_many_failed(run: Run, tally: Counter[str]) -> bool:
    if run.stop_at_percent is None:
        return False
    failed = sum(tally[status] for status in FAILED)
    ended = run.total - sum(tally[key] for key in ("held", *LIVE))
    return bool(failed) and ended >= min(ENOUGH_ENDED, run.total) and failed * 100 >= run.stop_at_percent * ended


async def _stop(session: AsyncSession, run: Run, tally: Counter[str]) -> None:
    failed = sum(tally[status] for status in FAILED)
    ended = run.total - sum(tally[key] for key in ("held", *LIVE))
    run.state = advance(run.state, Event.STOP)
    run.state_reason = f"{failed} of {ended} failed, and it was to stop at {run.stop_at_percent} %"
    await call_off(session, run, by="the run, because too many failed", also_begun=False)
    trail.note(
        session,
        "run.stopped",
        target_type="run",
        target_id=run.id,
        target_name=run.title,
        changes={"failed": (None, failed), "ended": (None, ended)},
        tenant_id=run.tenant_id,
    )


async def _settle(session: AsyncSession, run: Run) -> int:
    """Conclude what was called off and no device has; gives how many of them."""
    statement = (
        select(Action)
        .where(Action.batch_id == run.id, is_in(Status.PENDING), Action.cancel_requested_at.is_not(None))
        .order_by(Action.id)
        .limit(SETTLE_ROWS)
        .with_for_update(skip_locked=True)
    )
    actions = list(await session.scalars(statement))
    for action in actions:
        reason = f"Cancelled by {action.cancel_requested_by} before the device had it"
        advance_action(action, ActionEvent.CANCEL, reason=reason)
        action.held = False
        await finished(session, action)
    await session.flush()
    announce(session, actions)
    return len(actions)


def _conclude(session: AsyncSession, run: Run, tally: Counter[str]) -> None:
    if any(tally[key] for key in ("held", *LIVE)):
        # A device that was thought lost is back at it.
        run.ended_at = None
        run.counts = None
        return
    if run.state == RunState.RUNNING:
        run.state = advance(run.state, Event.FINISH)
    run.ended_at = run.ended_at or clock.now()
    run.counts = {key: count for key, count in sorted(tally.items()) if count}
    changed(session, "actions", tenant_id=run.tenant_id)
