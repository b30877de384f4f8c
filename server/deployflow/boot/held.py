"""The wait of a machine, from its arrival to its answer."""

import base64
import time
from uuid import UUID

from fastapi import Request
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import undefer

from deployflow.boot import admission, plan_bytes, sessions
from deployflow.boot.access import SignedSession, is_past
from deployflow.boot.errors import SessionNotFound
from deployflow.boot.models import BootSession
from deployflow.boot.session_schemas import BootWaitOut
from deployflow.boot.states import SessionState
from deployflow.boot.waiting import Seats
from deployflow.deployments import queries as deployments
from deployflow.deployments.facts import MachineFacts
from deployflow.deployments.states import State
from deployflow.platform import clock
from deployflow.platform.context import Context
from deployflow.platform.runtime import Runtime

# While another session of the same machine may still be at work: it is looked whether it went silent.
LOOK_AGAIN_S = 5.0
_MAY_LET_IN = frozenset({State.ARMED, State.RUNNING, State.WAITING_FOR_APPROVAL})


async def wait(runtime: Runtime, request: Request, current: SignedSession, *, seconds: float) -> BootWaitOut:
    """Answer at once when there is news, at the latest after `seconds`."""
    until = time.monotonic() + seconds
    told: str | None = None
    is_first = True
    seats = runtime.part(Seats)
    seat = seats.sit(current.id, current.tenant_id)
    try:
        while True:
            answer, soon = await _look(runtime, request, current)
            left = until - time.monotonic()
            is_news = not is_first and answer.reason != told
            told, is_first = answer.reason, False
            over = answer.state != SessionState.WAITING or is_news or seat.replaced or runtime.drain.draining
            if over or left <= 0:
                return answer
            await seat.wait(min(left, LOOK_AGAIN_S) if soon else left)
    finally:
        seats.leave(current.id, seat)


async def look(runtime: Runtime, request: Request, current: SignedSession) -> BootWaitOut:
    """How the session stands now."""
    answer, _soon = await _look(runtime, request, current)
    return answer


async def admit(runtime: Runtime, context: Context, session_id: UUID) -> bool:
    """Let the machine in where it was prepared. True when it was."""
    async with runtime.db.read(context) as session:
        row = await _row(session, session_id)
        if row.state != SessionState.WAITING or not await _is_meant(session, row):
            return row.state == SessionState.APPROVED
    async with runtime.db.write(context) as session:
        row = await sessions.locked(session, session_id)
        return row.state == SessionState.WAITING and await admission.admit_if_prepared(runtime, session, row)


async def _look(runtime: Runtime, request: Request, current: SignedSession) -> tuple[BootWaitOut, bool]:
    """How the session stands, and whether to look again soon."""
    context: Context = request.state.context
    async with runtime.db.read(context) as session:
        row = await _row(session, current.id)
        meant = row.state == SessionState.WAITING and await _is_meant(session, row)
    if is_past(row):
        async with runtime.db.write(context) as session:
            row = await sessions.locked(session, current.id)
            sessions.expire(session, row)
        return _answer(row), False
    if row.state == SessionState.WAITING:
        await sessions.is_seen(runtime, row)
    if meant and await admit(runtime, context, current.id):
        async with runtime.db.read(context) as session:
            row = await _row(session, current.id)
    if row.state == SessionState.APPROVED and row.plan is None:
        row = await plan_bytes.make(runtime, request, row.id)
    return _answer(row), meant


async def _is_meant(session: AsyncSession, row: BootSession) -> bool:
    """Whether some deployment may let the machine in by itself, now or soon."""
    facts = MachineFacts.model_validate(row.facts)
    newest = await deployments.newest_of_machine(
        session,
        row.tenant_id,
        machine_uuid=facts.uuid,
        machine_serial=facts.known_serial,
        macs=facts.mac_addresses,
    )
    return newest is not None and newest.state in _MAY_LET_IN


async def _row(session: AsyncSession, session_id: UUID) -> BootSession:
    row = await session.scalar(
        select(BootSession)
        .where(BootSession.id == session_id)
        .options(undefer(BootSession.plan), undefer(BootSession.signature))
    )
    if row is None:
        raise SessionNotFound
    return row


def _answer(row: BootSession) -> BootWaitOut:
    approved = row.state == SessionState.APPROVED
    over = row.state not in {SessionState.APPROVED, SessionState.WAITING}
    return BootWaitOut(
        state=row.state,
        # Of a machine that waits the reason may say what is prepared for another one: that is for the console.
        reason=row.reason if over else row.told,
        deployment_id=row.deployment_id,
        plan=base64.b64encode(row.plan).decode() if approved and row.plan is not None else None,
        signature=base64.b64encode(row.signature).decode() if approved and row.signature is not None else None,
        server_time=clock.now(),
    )
