"""What devices say happened. Every report is kept before it is acknowledged; one that comes again is harmless."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.ext.asyncio import AsyncSession

from deployflow.actions.leasing import regain
from deployflow.actions.models import Action, ActionLog
from deployflow.actions.schemas import Finished, LogChunk, Report
from deployflow.actions.service import announce, finished
from deployflow.actions.states import ENDED, Event, Status, advance
from deployflow.platform import clock

Outcome = Literal["accepted", "duplicate", "stale", "unknown"]

# The agent kills at its own time-out; this much later the server stops believing that it will.
OVERDUE_AFTER = timedelta(minutes=10)
# The agent stops at the limit and says so in one more chunk; what goes beyond that is an agent out of order.
LOG_SLACK_BYTES = 64 * 1024
CUT_MARK = "The server keeps no more than {limit} bytes of output: the rest was dropped.\n"


@dataclass(slots=True)
class _Ledger:
    """The state of one call: the rows it may touch and the chunks it wants to keep."""

    actions: dict[UUID, Action]
    lease: timedelta
    now: datetime
    chunks: dict[tuple[UUID, int], tuple[int, LogChunk]] = field(default_factory=dict)
    touched: dict[UUID, Action] = field(default_factory=dict)


async def record(
    session: AsyncSession, device_id: UUID, reports: Sequence[Report], *, lease: timedelta
) -> tuple[list[Outcome], list[UUID]]:
    """Keep what a device reports, in order.

    Returns:
        One outcome for each report, and the actions of these that the device should stop.
    """
    ids = {report.action_id for report in reports}
    rows = await session.scalars(
        select(Action).where(Action.id.in_(ids), Action.device_id == device_id).order_by(Action.id).with_for_update()
    )
    ledger = _Ledger(actions={row.id: row for row in rows}, lease=lease, now=clock.now())
    outcomes: list[Outcome] = []
    for index, report in enumerate(reports):
        outcomes.append(await _one(session, ledger, index, report))
    await _keep_chunks(session, ledger, outcomes)
    announce(session, list(ledger.touched.values()))
    cancel = [
        action.id
        for action in ledger.actions.values()
        if action.cancel_requested_at is not None and action.status not in ENDED
    ]
    return outcomes, cancel


async def _one(session: AsyncSession, ledger: _Ledger, index: int, report: Report) -> Outcome:
    action = ledger.actions.get(report.action_id)
    if action is None or report.fence > action.fence:
        return "unknown"
    if report.fence < action.fence_floor:
        return "stale"
    if isinstance(report, Finished):
        return await _finish(session, ledger, action, report)
    if action.status in ENDED and not (action.status == Status.INTERRUPTED and action.presumed):
        # Chunks may come behind the end where a call was cut in two; they are kept all the same.
        late = isinstance(report, LogChunk) and not action.presumed
        return _chunk(ledger, index, report) if late and isinstance(report, LogChunk) else "stale"
    fresh = _go_on(ledger, action, report.at)
    if isinstance(report, LogChunk):
        return _chunk(ledger, index, report)
    return "accepted" if fresh else "duplicate"


def _go_on(ledger: _Ledger, action: Action, at: datetime) -> bool:
    """The device works on it. True when that is news."""
    if action.status == Status.RUNNING:
        return False
    if action.status == Status.INTERRUPTED:
        regain(action, now=ledger.now)
    else:
        started = _believable(at, action, ledger.now)
        advance(action, Event.START, at=started)
        action.started_at = started
        action.overdue_at = ledger.now + timedelta(seconds=action.timeout_s) + OVERDUE_AFTER
    action.lease_until = ledger.now + ledger.lease
    ledger.touched[action.id] = action
    return True


async def _finish(session: AsyncSession, ledger: _Ledger, action: Action, report: Finished) -> Outcome:
    if action.status in ENDED and not action.presumed:
        return "duplicate"
    corrects = action.status in ENDED
    at = _believable(report.at, action, ledger.now)
    advance(
        action,
        Event.CORRECT if corrects else Event.FINISH,
        Status(report.outcome),
        reason=report.error.message if report.error else ("The device reported the true end" if corrects else None),
        at=at,
    )
    action.exit_code = report.exit_code
    action.error_code = report.error.code if report.error else None
    action.error_message = report.error.message if report.error else None
    action.result = report.result or None
    action.log_chunks = report.log_chunks
    action.log_truncated = action.log_truncated or report.log_truncated
    ledger.touched[action.id] = action
    await finished(session, action)
    return "accepted"


def _believable(at: datetime, action: Action, now: datetime) -> datetime:
    """The device's time, as far as it lies between the hand-out and now: its clock may be wrong."""
    earliest = action.started_at or action.leased_at or action.created_at
    return max(earliest, min(at, now))


def _chunk(ledger: _Ledger, index: int, report: LogChunk) -> Outcome:
    key = (report.action_id, report.seq)
    if key in ledger.chunks:
        return "duplicate"
    ledger.chunks[key] = (index, report)
    return "accepted"


async def _keep_chunks(session: AsyncSession, ledger: _Ledger, outcomes: list[Outcome]) -> None:
    if not ledger.chunks:
        return
    await _forget_known(session, ledger, outcomes)
    rows = []
    for (action_id, seq), (_index, chunk) in sorted(ledger.chunks.items()):
        action = ledger.actions[action_id]
        ledger.touched[action_id] = action
        text, stream = chunk.text, chunk.stream
        size = len(text.encode())
        if action.log_bytes + size > action.log_limit_bytes + LOG_SLACK_BYTES:
            if action.log_truncated and action.log_bytes > action.log_limit_bytes + LOG_SLACK_BYTES:
                continue
            action.log_truncated = True
            text, stream = CUT_MARK.format(limit=action.log_limit_bytes + LOG_SLACK_BYTES), "agent"
        action.log_bytes += size
        rows.append(
            {
                "action_id": action_id,
                "seq": seq,
                "tenant_id": action.tenant_id,
                "at": chunk.at,
                "stream": stream,
                "text": text,
            }
        )
    if rows:
        make = sqlite_insert if session.get_bind().dialect.name == "sqlite" else postgres_insert
        await session.execute(make(ActionLog).on_conflict_do_nothing(), rows)


async def _forget_known(session: AsyncSession, ledger: _Ledger, outcomes: list[Outcome]) -> None:
    """Leave out chunks that are there already. The actions are locked, so none can appear meanwhile."""
    lowest: dict[UUID, int] = {}
    for action_id, seq in ledger.chunks:
        if ledger.actions[action_id].log_bytes:
            lowest[action_id] = min(seq, lowest.get(action_id, seq))
    for action_id, seq in lowest.items():
        known: Any = await session.scalars(
            select(ActionLog.seq).where(ActionLog.action_id == action_id, ActionLog.seq >= seq)
        )
        for number in known:
            found = ledger.chunks.pop((action_id, number), None)
            if found is not None:
                outcomes[found[0]] = "duplicate"
