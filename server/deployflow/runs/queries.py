"""Reads of runs."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload, undefer

from deployflow.actions.models import Action, ActionBatch
from deployflow.actions.states import Status
from deployflow.devices.models import Device
from deployflow.devices.targets import Targets
from deployflow.platform.paging import ListField, ListParams, ListSpec, Page, fetch_page
from deployflow.runs.errors import RunNotFound
from deployflow.runs.models import Run
from deployflow.runs.schemas import FailureGroup, Grid, Progress, RunDetail, RunIn, RunOut, Skipped

MAX_FAILURE_GROUPS = 20
EXAMPLES = 5
BAD = (Status.FAILED, Status.TIMED_OUT, Status.INTERRUPTED, Status.EXPIRED)
_LETTERS = {
    Status.PENDING: "p",
    Status.LEASED: "l",
    Status.RUNNING: "r",
    Status.SUCCEEDED: "s",
    Status.FAILED: "f",
    Status.TIMED_OUT: "t",
    Status.INTERRUPTED: "i",
    Status.CANCELLED: "c",
    Status.EXPIRED: "e",
}


def _search(words: str) -> ColumnElement[bool]:
    return func.lower(Run.title).contains(words.lower(), autoescape=True)


LIST = ListSpec(
    fields={
        "state": ListField(Run.state),
        "kind": ListField(Run.kind),
        "created_at": ListField(Run.created_at, kind=datetime, sortable=True),
    },
    key=Run.id,
    default_sort="-created_at",
    search=_search,
)


async def page(session: AsyncSession, params: ListParams) -> Page[RunOut]:
    """One page of runs, the newest first."""
    loading = (joinedload(Run.batch, innerjoin=True),)
    rows, cursor, total = await fetch_page(session, select(Run), LIST, params, loading=loading)
    progress = await _progress_of(session, rows)
    items = [RunOut.model_validate(row).model_copy(update={"progress": progress[row.id]}) for row in rows]
    return Page(items=items, next_cursor=cursor, total=total)


async def tally(session: AsyncSession, run_id: UUID) -> Counter[str]:
    """Its actions by status; those that wait for their turn are `held`."""
    return (await _tallies(session, [run_id]))[run_id]


async def get(session: AsyncSession, run_id: UUID) -> RunDetail:
    """One run, how far it is and what failed.

    Raises:
        RunNotFound: 404.
    """
    run = await _run(session, run_id)
    progress = (await _progress_of(session, [run]))[run.id]
    progress.offline = await _offline(session, run) if progress.held + progress.pending else 0
    return RunDetail(
        **RunOut.model_validate(run).model_dump(exclude={"progress"}),
        progress=progress,
        order=run.order,
        at_most=run.at_most,
        stop_at_percent=run.stop_at_percent,
        retry_of=run.retry_of,
        skipped=[Skipped.model_validate(one) for one in run.skipped],
        parameters=run.batch.parameters,
        failures=await _failures(session, run),
    )


async def order_of(session: AsyncSession, run_id: UUID) -> RunIn:
    """What was asked for, to ask for it again.

    Raises:
        RunNotFound: 404.
    """
    run = await _run(session, run_id, whole=True)
    return RunIn(
        targets=Targets.model_validate(run.targets),
        kind=run.kind,
        payload=run.batch.payload,
        expires_in_s=run.expires_in_s,
        timeout_s=run.timeout_s,
        order=run.order,
        at_most=run.at_most,
        stop_at_percent=run.stop_at_percent,
    )


async def grid(session: AsyncSession, run_id: UUID, *, names: bool) -> Grid:
    """Where each device is; with ids and host names when asked for, which do not change.

    Raises:
        RunNotFound: 404.
    """
    await _run(session, run_id)
    columns: list[Any] = [Action.status, Action.held]
    if names:
        columns += [Action.id, Device.hostname]
    statement = select(*columns).where(Action.batch_id == run_id).order_by(Action.id)
    if names:
        statement = statement.join(Device, Device.id == Action.device_id)
    rows = (await session.execute(statement)).all()
    return Grid(
        statuses="".join("h" if row.held and row.status == Status.PENDING else _LETTERS[row.status] for row in rows),
        action_ids=[row.id for row in rows] if names else None,
        hostnames=[row.hostname for row in rows] if names else None,
    )


async def _run(session: AsyncSession, run_id: UUID, *, whole: bool = False) -> Run:
    batch = joinedload(Run.batch, innerjoin=True)
    loading = [undefer(Run.targets), batch.options(undefer(ActionBatch.payload))] if whole else [batch]
    run = await session.scalar(select(Run).where(Run.id == run_id).options(*loading))
    if run is None:
        raise RunNotFound
    return run


async def _progress_of(session: AsyncSession, runs: Sequence[Run]) -> dict[UUID, Progress]:
    counted = await _tallies(session, [run.id for run in runs if run.counts is None])
    return {run.id: Progress(**(counted[run.id] if run.counts is None else run.counts)) for run in runs}


async def _tallies(session: AsyncSession, run_ids: Sequence[UUID]) -> dict[UUID, Counter[str]]:
    counts: dict[UUID, Counter[str]] = {run_id: Counter() for run_id in run_ids}
    if not run_ids:
        return counts
    waits = case((Action.held & (Action.status == Status.PENDING), "held"), else_=Action.status).label("place")
    statement = (
        select(Action.batch_id, waits, func.count())
        .where(Action.batch_id.in_(run_ids))
        .group_by(Action.batch_id, waits)
    )
    for run_id, place, count in await session.execute(statement):
        counts[run_id][str(place)] += count
    return counts


async def _offline(session: AsyncSession, run: Run) -> int:
    statement = (
        select(func.count())
        .select_from(Action)
        .join(Device, Device.id == Action.device_id)
        .where(Action.batch_id == run.id, Action.status == Status.PENDING, ~Device.online)
    )
    return await session.scalar(statement) or 0


async def _failures(session: AsyncSession, run: Run) -> list[FailureGroup]:
    """What went wrong, the most frequent first."""
    ways = (Action.status, Action.error_code, Action.exit_code)
    statement = (
        select(*ways, func.count().label("count"), func.min(Action.error_message).label("message"))
        .where(Action.batch_id == run.id, Action.status.in_(BAD))
        .group_by(*ways)
        .order_by(func.count().desc())
        .limit(MAX_FAILURE_GROUPS)
    )
    groups = []
    for row in (await session.execute(statement)).all():
        who = (
            select(Device.hostname)
            .join(Action, Action.device_id == Device.id)
            .where(
                Action.batch_id == run.id,
                Action.status == row.status,
                Action.error_code.is_not_distinct_from(row.error_code),
                Action.exit_code.is_not_distinct_from(row.exit_code),
            )
            .order_by(Action.id)
            .limit(EXAMPLES)
        )
        groups.append(
            FailureGroup(
                status=row.status,
                code=row.error_code,
                exit_code=row.exit_code,
                count=row.count,
                message=row.message,
                examples=list(await session.scalars(who)),
            )
        )
    return groups
