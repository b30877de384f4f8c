"""The rules of runs: start, cancel, retry. How one goes on stands in `conducting`."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload, undefer

from deployflow.actions import service as actions
from deployflow.actions.models import Action, ActionBatch
from deployflow.devices.models import Device
from deployflow.devices.targets import Targets
from deployflow.platform import trail
from deployflow.platform.changes import changed
from deployflow.platform.context import Context
from deployflow.runs import choosing, conducting
from deployflow.runs.errors import NothingToRetry, RunNotFound, RunStateWrong
from deployflow.runs.models import Run
from deployflow.runs.schemas import Preview, RunIn, RunRetry
from deployflow.runs.states import Event, RunState, advance


async def preview(session: AsyncSession, wanted: RunIn, *, may: Callable[[str], bool]) -> Preview:
    """Who would do it, without doing it.

    Raises:
        What `start` raises, but for nobody: the preview says that.
    """
    prepared = await actions.prepare(session, wanted.kind, wanted.payload, may=may)
    return (await choosing.choose(session, wanted.targets, prepared)).preview(prepared.title)


async def start(
    session: AsyncSession,
    wanted: RunIn,
    *,
    may: Callable[[str], bool],
    expires_in: timedelta,
    retry_of: UUID | None = None,
) -> UUID:
    """Queue one act on all devices meant that can do it: one action each, all or none.

    Raises:
        KindUnknown, PayloadInvalid, FilterWrong, NobodyMeant, NobodyCanDoIt, TooManyDevices: 422.
        SomeDevicesMissing, GroupNotFound: 404.
    """
    prepared = await actions.prepare(session, wanted.kind, wanted.payload, may=may)
    choice = await choosing.choose(session, wanted.targets, prepared)
    choosing.require_somebody(choice)
    capped = wanted.at_most is not None and wanted.at_most < len(choice.chosen)
    order = await actions.insert_order(
        session,
        wanted.kind,
        prepared,
        choosing.ordered(choice.chosen, wanted.order),
        expires_in=expires_in,
        time_limit=None if wanted.timeout_s is None else timedelta(seconds=wanted.timeout_s),
        held=capped,
    )
    context: Context = session.info["context"]
    run = Run(
        id=order.batch_id,
        tenant_id=context.tenant_id,
        title=prepared.title[:200],
        kind=wanted.kind,
        targets=wanted.targets.model_dump(mode="json"),
        skipped=[one.model_dump() for one in choice.skipped],
        total=order.count,
        order=wanted.order,
        at_most=wanted.at_most if capped else None,
        stop_at_percent=wanted.stop_at_percent,
        expires_at=order.items[0].expires_at,
        expires_in_s=int(expires_in.total_seconds()),
        timeout_s=wanted.timeout_s,
        retry_of=retry_of,
    )
    session.add(run)
    await session.flush()
    if capped:
        await conducting.let_go(session, run)
    changed(session, "runs", "actions")
    trail.note(
        session,
        "run.started" if retry_of is None else "run.retried",
        target_type="run",
        target_id=run.id,
        target_name=run.title,
        changes={
            "devices": (None, run.total),
            "skipped": (None, choice.matched - run.total),
            "kind": (None, run.kind),
            **({} if retry_of is None else {"again": (str(retry_of), str(run.id))}),
        },
    )
    return run.id


async def cancel(session: AsyncSession, run_id: UUID) -> None:
    """Call a run off: what waits at once, what has begun through its device.

    Raises:
        RunNotFound: 404.
        RunStateWrong: 409, when it is over.
    """
    run = await session.scalar(select(Run).where(Run.id == run_id).with_for_update())
    if run is None:
        raise RunNotFound
    if run.ended_at is not None:
        raise RunStateWrong("It is over: there is nothing left to cancel", run_state=str(run.state))
    context: Context = session.info["context"]
    run.state = advance(run.state, Event.CANCEL)
    run.state_reason = f"Cancelled by {context.actor.name}"[:500]
    await conducting.call_off(session, run, by=context.actor.name, also_begun=True)
    changed(session, "runs", f"run:{run.id}")
    trail.note(session, "run.cancelled", target_type="run", target_id=run.id, target_name=run.title)


async def retry(session: AsyncSession, run_id: UUID, wanted: RunRetry, *, may: Callable[[str], bool]) -> UUID:
    """The same once more for the devices where it ended badly: a new run, with the same script version.

    Raises:
        RunNotFound: 404.
        RunStateWrong: 409, while it goes on.
        NothingToRetry: 409.
    """
    run = await session.scalar(
        select(Run)
        .where(Run.id == run_id)
        .options(joinedload(Run.batch, innerjoin=True).options(undefer(ActionBatch.payload)))
    )
    if run is None:
        raise RunNotFound
    if run.state == RunState.RUNNING:
        raise RunStateWrong("It still goes on: wait for its end, or cancel it first", run_state=str(run.state))
    statement = (
        select(Action.device_id)
        .join(Device, Device.id == Action.device_id)
        .where(Action.batch_id == run.id, Action.status.in_(wanted.statuses))
        .order_by(Action.id)
    )
    device_ids = list(await session.scalars(statement))
    if not device_ids:
        raise NothingToRetry(f"No device of this run ended as {' or '.join(wanted.statuses).replace('_', ' ')}")
    again = RunIn(
        targets=Targets(device_ids=device_ids),
        kind=run.kind,
        payload=run.batch.payload,
        timeout_s=run.timeout_s,
        order=run.order,
        at_most=run.at_most,
        stop_at_percent=run.stop_at_percent,
    )
    return await start(session, again, may=may, expires_in=timedelta(seconds=run.expires_in_s), retry_of=run.id)
