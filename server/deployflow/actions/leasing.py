"""Handing out: which device gets what, under which fence, and until when.

Works for many devices in one transaction, because ten thousand of them may be woken by one order. Who calls it keeps
no database session while a device waits.

On PostgreSQL a row is claimed with `FOR UPDATE SKIP LOCKED`, so two processes never hand out the same action; on
SQLite the one writer sees to that.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import undefer

from deployflow.actions import kinds
from deployflow.actions.kinds import Undeliverable
from deployflow.actions.models import Action, ActionBatch, is_in
from deployflow.actions.service import announce, finished
from deployflow.actions.states import Event, Status, advance
from deployflow.platform import clock
from deployflow.platform.runtime import Runtime

# More than an agent has slots (0 to 16), so that one look sees all it can take.
LOOK_PER_STATUS = 32
# An answer can be lost on its way. A later check-in of the same run that does not name the action proves that it
# was, once its own reports have had time to arrive.
REDELIVER_AFTER = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class Visit:
    """What a check-in says that matters here. `running`: action id to fence."""

    device_id: UUID
    run_id: UUID
    running: Mapping[UUID, int]
    free_slots: int


@dataclass(slots=True)
class Sight:
    """What one look found for a device.

    Attributes:
        hand_out: To lease now, and the fence each was seen under: whoever leases it meanwhile moves that on.
        take_back: The device still has these, though the ledger thought otherwise.
        cancel: To stop, told in the answer.
        more: Something waits that could not be handed out now: look again at the next check-in.
        again_at: Look again at this time although nobody says that anything changed.
    """

    hand_out: dict[UUID, int] = field(default_factory=dict)
    take_back: list[UUID] = field(default_factory=list)
    cancel: list[UUID] = field(default_factory=list)
    more: bool = False
    again_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """An action as its device gets it."""

    action_id: UUID
    fence: int
    kind: str
    timeout_s: int
    expires_at: datetime
    log_limit_bytes: int
    payload: Mapping[str, Any]


async def look(session: AsyncSession, visits: Sequence[Visit]) -> dict[UUID, Sight]:
    """See what there is for each of these devices. Reads only."""
    now = clock.now()
    ranked = (
        select(
            Action.id,
            Action.device_id,
            Action.status,
            Action.fence,
            Action.fence_floor,
            Action.lease_run_id,
            Action.leased_at,
            Action.expires_at,
            Action.cancel_requested_at,
            func.row_number().over(partition_by=[Action.device_id, Action.status], order_by=Action.id).label("place"),
        )
        .where(
            Action.device_id.in_([visit.device_id for visit in visits]),
            is_in(Status.PENDING, Status.LEASED, Status.RUNNING),
            ~Action.held,
        )
        .subquery()
    )
    live: dict[UUID, list[Row[Any]]] = {}
    for row in await session.execute(select(ranked).where(ranked.c.place <= LOOK_PER_STATUS).order_by(ranked.c.id)):
        live.setdefault(row.device_id, []).append(row)
    sights = {visit.device_id: _see(visit, live.get(visit.device_id, ()), now) for visit in visits}
    await _look_for_ended(session, visits, live, sights)
    return sights


def _see(visit: Visit, rows: Sequence[Row[Any]], now: datetime) -> Sight:
    sight = Sight()
    wanted: list[tuple[UUID, int]] = []
    for row in rows:
        has_it = _holds(visit, row)
        if row.status == Status.PENDING:
            if has_it:
                sight.take_back.append(row.id)
            elif row.expires_at > now:
                wanted.append((row.id, row.fence))
            continue
        if row.cancel_requested_at is not None and (has_it or row.status == Status.RUNNING):
            sight.cancel.append(row.id)
        elif row.status == Status.LEASED and not has_it:
            due = row.leased_at + REDELIVER_AFTER
            if row.lease_run_id != visit.run_id or due <= now:
                wanted.append((row.id, row.fence))
            else:
                sight.again_at = min(due, sight.again_at or due)
    sight.hand_out = dict(wanted[: visit.free_slots])
    sight.more = len(wanted) > visit.free_slots
    return sight


def _holds(visit: Visit, row: Row[Any]) -> bool:
    fence = visit.running.get(row.id)
    return fence is not None and row.fence_floor <= fence <= row.fence


async def _look_for_ended(
    session: AsyncSession,
    visits: Sequence[Visit],
    live: Mapping[UUID, Sequence[Row[Any]]],
    sights: Mapping[UUID, Sight],
) -> None:
    """What a device names and the ledger does not have as live: it goes on, or has to stop."""
    unknown: dict[UUID, Visit] = {}
    for visit in visits:
        seen = {row.id for row in live.get(visit.device_id, ())}
        unknown.update({action_id: visit for action_id in visit.running if action_id not in seen})
    if not unknown:
        return
    rows = await session.execute(
        select(Action.id, Action.device_id, Action.status, Action.presumed, Action.fence, Action.fence_floor).where(
            Action.id.in_(unknown)
        )
    )
    ended: dict[UUID, Any] = {row.id: row for row in rows}
    for action_id, visit in unknown.items():
        row = ended.get(action_id)
        sight = sights[visit.device_id]
        status = _concluded(row, visit)
        if status == Status.INTERRUPTED:
            sight.take_back.append(action_id)
        elif status != Status.EXPIRED:
            # Of an expired one the device itself says whether it had begun it in time.
            sight.cancel.append(action_id)


def _concluded(row: Row[Any] | None, visit: Visit) -> Status | None:
    """How the server, without the device's word, believes that ended which the device still has."""
    if row is None or row.device_id != visit.device_id or not row.presumed or not _holds(visit, row):
        return None
    status: Status = row.status
    return status


async def hand_out(
    runtime: Runtime, session: AsyncSession, visits: Mapping[UUID, tuple[Visit, Sight]]
) -> dict[UUID, list[Delivery]]:
    """Lease to each device what its sight names, as far as it is still so. Called in a transaction of its own.

    Args:
        runtime: Opens secrets.
        session: A writing one, of all tenants.
        visits: By device id.
    """
    now = clock.now()
    wanted = {action_id for _visit, sight in visits.values() for action_id in (*sight.hand_out, *sight.take_back)}
    actions = list(
        await session.scalars(
            select(Action).where(Action.id.in_(wanted)).order_by(Action.id).with_for_update(skip_locked=True)
        )
    )
    batches = await _batches(session, {action.batch_id for action in actions})
    payloads: dict[UUID, Mapping[str, Any] | Undeliverable] = {}
    given: dict[UUID, list[Delivery]] = {}
    touched: list[Action] = []
    for action in actions:
        visit, sight = visits[action.device_id]
        if action.id in sight.take_back:
            touched += [action] if _take_back(action, visit, now, runtime.settings.lease) else []
            continue
        if action.status not in {Status.PENDING, Status.LEASED} or action.fence != sight.hand_out[action.id]:
            continue
        if action.held:
            # Taken back into its queue since it was seen.
            continue
        touched.append(action)
        if action.cancel_requested_at is not None:
            advance(action, Event.CANCEL, reason=f"Cancelled by {action.cancel_requested_by} before the device had it")
            await finished(session, action)
            continue
        batch = batches[action.batch_id]
        payload = payloads.get(batch.id) or await _payload(runtime, session, batch)
        payloads[batch.id] = payload
        if isinstance(payload, Undeliverable):
            action.error_code, action.error_message = payload.code[:64], payload.message[:2000]
            advance(action, Event.REFUSE, Status.FAILED, reason=payload.message)
            await finished(session, action)
            continue
        _lease(action, visit, now, runtime.settings.lease)
        given.setdefault(action.device_id, []).append(_delivery(action, payload))
    announce(session, touched)
    return given


async def hand_back(session: AsyncSession, deliveries: Mapping[UUID, int]) -> None:
    """The answer that carried these (action id to fence) could not be sent: let the next check-in have them."""
    for action in await session.scalars(
        select(Action).where(Action.id.in_(deliveries)).order_by(Action.id).with_for_update()
    ):
        if action.status == Status.LEASED and action.fence == deliveries[action.id]:
            advance(action, Event.RETURN_TO_PENDING, reason="The connection broke before the device had it")
            action.lease_until = None
            announce(session, [action])


async def renew(session: AsyncSession, held: Collection[tuple[UUID, UUID]], *, until: datetime) -> None:
    """Prolong the leases of what devices say they hold: (action, device)."""
    if not held:
        return
    await session.execute(
        update(Action)
        .where(
            tuple_(Action.id, Action.device_id).in_(held),
            Action.status.in_([Status.LEASED, Status.RUNNING]),
        )
        .values(lease_until=until)
        .execution_options(synchronize_session=False)
    )


async def _batches(session: AsyncSession, batch_ids: Collection[UUID]) -> dict[UUID, ActionBatch]:
    found = await session.scalars(
        select(ActionBatch).where(ActionBatch.id.in_(batch_ids)).options(undefer(ActionBatch.payload))
    )
    return {batch.id: batch for batch in found}


async def _payload(runtime: Runtime, session: AsyncSession, batch: ActionBatch) -> Mapping[str, Any] | Undeliverable:
    kind = kinds.get(batch.kind)
    if kind is None:
        return Undeliverable("kind_unknown", f"This server no longer knows the kind '{batch.kind}'")
    try:
        return await kind.deliver(runtime, session, batch)
    except Undeliverable as error:
        return error


def _lease(action: Action, visit: Visit, now: datetime, lease: timedelta) -> None:
    again = action.status == Status.LEASED
    same_run = action.fence > 0 and action.lease_run_id == visit.run_id
    action.fence += 1
    if not same_run:
        action.fence_floor = action.fence
    action.lease_run_id = visit.run_id
    action.leased_at = now
    action.lease_until = now + lease
    advance(action, Event.LEASE, reason="Handed out again: the last answer was lost" if again else None, at=now)


def _take_back(action: Action, visit: Visit, now: datetime, lease: timedelta) -> bool:
    fence = visit.running.get(action.id)
    if fence is None or not action.fence_floor <= fence <= action.fence:
        return False
    if action.status == Status.PENDING:
        advance(action, Event.RECLAIM, reason="The device still had it", at=now)
    elif action.status == Status.INTERRUPTED and action.presumed:
        regain(action, now=now)
    else:
        return False
    action.lease_until = now + lease
    return True


def regain(action: Action, *, now: datetime) -> None:
    """A device thought lost still runs it."""
    advance(action, Event.REGAIN, reason="The device is back and still runs it", at=now)
    action.error_code = action.error_message = None


def _delivery(action: Action, payload: Mapping[str, Any]) -> Delivery:
    return Delivery(
        action_id=action.id,
        fence=action.fence,
        kind=action.kind,
        timeout_s=action.timeout_s,
        expires_at=action.expires_at,
        log_limit_bytes=action.log_limit_bytes,
        payload=payload,
    )
