"""What devices say happened. Every report is kept before it is acknowledged; one that comes again is harmless."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import structlog
from sqlalchemy import and_, or_, select
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.ext.asyncio import AsyncSession

from deployflow.actions.leasing import regain
from deployflow.actions.models import Action, ActionLog
from deployflow.actions.precedence import Precedence
from deployflow.actions.schemas import Finished, LogChunk, Report
from deployflow.actions.service import announce, finished
from deployflow.actions.states import ENDED, REGAINABLE, Event, Status, advance
from deployflow.platform import clock
from deployflow.platform.context import system_context
from deployflow.platform.db import is_unavailable
from deployflow.platform.runtime import Runtime
from deployflow.platform.together import Together

log = structlog.get_logger(__name__)

Outcome = Literal["accepted", "duplicate", "stale", "unknown"]

# Enough to share the cost of a transaction; with 200 reports each it still ends within a second.
CALLS_TOGETHER = 100
# The agent kills at its own time-out; this much later the server stops believing that it will.
OVERDUE_AFTER = timedelta(minutes=10)
# The agent stops at the limit and says so in one more chunk; what goes beyond that is an agent out of order.
LOG_SLACK_BYTES = 64 * 1024
CUT_MARK = "The server keeps no more than {limit} bytes of output: the rest was dropped.\n"


@dataclass(slots=True)
class _Ledger:
    """The state of one transaction: the rows it may touch and the chunks it wants to keep.

    A chunk knows where its outcome stands, for the case that it turns out to be there already.
    """

    actions: dict[UUID, Action]
    lease: timedelta
    now: datetime
    chunks: dict[tuple[UUID, int], tuple[list[Outcome], int, LogChunk]] = field(default_factory=dict)
    touched: dict[UUID, Action] = field(default_factory=dict)

    def of(self, device_id: UUID, action_id: UUID) -> Action | None:
        """The action, if it is this device's."""
        action = self.actions.get(action_id)
        return action if action is not None and action.device_id == device_id else None


@dataclass(frozen=True, slots=True)
class Call:
    """One call of one device."""

    device_id: UUID
    reports: Sequence[Report]


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a call: one outcome for each report, and the actions of these that the device should stop."""

    outcomes: list[Outcome]
    cancel: list[UUID]


async def record(session: AsyncSession, calls: Sequence[Call], *, lease: timedelta) -> list[Receipt]:
    """Keep what devices report, each call in its order."""
    ids = {report.action_id for call in calls for report in call.reports}
    rows = await session.scalars(select(Action).where(Action.id.in_(ids)).order_by(Action.id).with_for_update())
    ledger = _Ledger(actions={row.id: row for row in rows}, lease=lease, now=clock.now())
    receipts = []
    for call in calls:
        receipt = Receipt([], [])
        receipts.append(receipt)
        for report in call.reports:
            receipt.outcomes.append(await _one(session, ledger, call.device_id, report, receipt.outcomes))
    await _keep_chunks(session, ledger)
    announce(session, list(ledger.touched.values()))
    for call, receipt in zip(calls, receipts, strict=True):
        named = dict.fromkeys(report.action_id for report in call.reports)
        mine = (ledger.of(call.device_id, action_id) for action_id in named)
        receipt.cancel.extend(
            action.id for action in mine if action and action.cancel_requested_at and action.status not in ENDED
        )
    return receipts


async def _one(
    session: AsyncSession, ledger: _Ledger, device_id: UUID, report: Report, outcomes: list[Outcome]
) -> Outcome:
    action = ledger.of(device_id, report.action_id)
    if action is None or report.fence > action.fence:
        return "unknown"
    if report.fence < action.fence_floor:
        return "stale"
    if isinstance(report, Finished):
        return await _finish(session, ledger, action, report)
    if action.status in ENDED and not (action.presumed and action.status in REGAINABLE):
        # Chunks may come behind the end where a call was cut in two; they are kept all the same.
        late = isinstance(report, LogChunk) and not action.presumed
        return _chunk(ledger, outcomes, report) if late and isinstance(report, LogChunk) else "stale"
    fresh = _go_on(ledger, action, report.at)
    if isinstance(report, LogChunk):
        return _chunk(ledger, outcomes, report)
    return "accepted" if fresh else "duplicate"


def _go_on(ledger: _Ledger, action: Action, at: datetime) -> bool:
    """The device works on it. True when that is news."""
    if action.status == Status.RUNNING:
        return False
    started = _believable(at, action, ledger.now)
    if action.status in ENDED:
        regain(action, now=ledger.now)
    else:
        advance(action, Event.START, at=started)
    if action.started_at is None:
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


def _chunk(ledger: _Ledger, outcomes: list[Outcome], report: LogChunk) -> Outcome:
    key = (report.action_id, report.seq)
    if key in ledger.chunks:
        return "duplicate"
    ledger.chunks[key] = (outcomes, len(outcomes), report)
    return "accepted"


async def _keep_chunks(session: AsyncSession, ledger: _Ledger) -> None:
    if not ledger.chunks:
        return
    await _forget_known(session, ledger)
    rows = []
    for (action_id, seq), (_outcomes, _place, chunk) in sorted(ledger.chunks.items(), key=_by_place):
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


async def _forget_known(session: AsyncSession, ledger: _Ledger) -> None:
    """Leave out chunks that are there already. The actions are locked, so none can appear meanwhile."""
    lowest: dict[UUID, int] = {}
    for action_id, seq in ledger.chunks:
        if ledger.actions[action_id].log_bytes:
            lowest[action_id] = min(seq, lowest.get(action_id, seq))
    if not lowest:
        return
    wanted = [and_(ActionLog.action_id == action_id, ActionLog.seq >= seq) for action_id, seq in lowest.items()]
    for action_id, seq in await session.execute(select(ActionLog.action_id, ActionLog.seq).where(or_(*wanted))):
        found = ledger.chunks.pop((action_id, seq), None)
        if found is not None:
            outcomes, place, _chunk = found
            outcomes[place] = "duplicate"


def _by_place(item: tuple[tuple[UUID, int], Any]) -> tuple[UUID, int]:
    return item[0]


class Reporting:
    """Takes the calls of all devices of a process, many in one transaction."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._precedence = runtime.part(Precedence)
        self._together = Together(self._keep, at_most=CALLS_TOGETHER)
        runtime.before_close(self._together.stop)

    async def take(self, device_id: UUID, reports: Sequence[Report]) -> Receipt:
        """Keep what a device reports. It is durable when this returns."""
        return await self._together.ask(Call(device_id, reports))

    async def _keep(self, calls: Sequence[Call]) -> Sequence[Receipt | Exception]:
        await self._precedence.after_them()
        try:
            return await self._one_transaction(calls)
        except Exception as error:
            if len(calls) == 1 or is_unavailable(error):
                raise
            # One of them cannot be kept; the others shall not suffer for it.
            log.exception("reports_kept_one_by_one", calls=len(calls))
        return [await self._alone(call) for call in calls]

    async def _one_transaction(self, calls: Sequence[Call]) -> list[Receipt]:
        async with self._runtime.db.write(system_context()) as session:
            return await record(session, calls, lease=self._runtime.settings.lease)

    async def _alone(self, call: Call) -> Receipt | Exception:
        try:
            return (await self._one_transaction([call]))[0]
        except Exception as error:  # noqa: BLE001  raised to its caller
            return error
