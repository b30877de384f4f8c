"""Links the trail's events, so that an edit, a gap, a swap or a cut shows.

h_n = SHA-256(h_{n-1} || canonical JSON of event n), one chain per tenant. A sealer does it each second, outside the
requests that write events, which therefore never wait for one another. The head of each chain is kept with a proof
under the server's key: who can write the database, but has no key, cannot make a new chain that verifies. What such
a person can do is bring back an old state of the whole database, or take an event within the second before it is
sealed; a copy of the head kept elsewhere (it is in the server's log each hour) shows the first.
"""

import hashlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from deployflow.audit.models import AuditEvent, AuditHead
from deployflow.platform import clock
from deployflow.platform.context import system_context
from deployflow.platform.runtime import Runtime
from deployflow.platform.sealing import SealBroken, Sealer

log = structlog.get_logger(__name__)

GENESIS = bytes(32)
# Sealed in one transaction: on SQLite others wait for it, some 0.2 ms an event.
BATCH = 500
# Read at once while verifying.
PAGE = 2000
# The sealer comes each second; an event this old without a seal means that it does not run or cannot.
UNSEALED_TOO_LONG = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Fault:
    """The first thing that is wrong with a chain."""

    seq: int | None
    event_id: UUID | None
    reason: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What `verify` found for one tenant. `head` is the hash to keep elsewhere."""

    tenant_id: UUID
    events: int
    head: str
    fault: Fault | None


def canonical(event: AuditEvent, seq: int) -> bytes:
    """The event as the bytes that are hashed: every field, keys sorted, no spaces."""
    return json.dumps(
        {
            "id": str(event.id),
            "tenant_id": str(event.tenant_id),
            "seq": seq,
            "at": event.at.isoformat(),
            "actor_type": event.actor_type,
            "actor_id": _id(event.actor_id),
            "actor_name": event.actor_name,
            "verb": event.verb,
            "target_type": event.target_type,
            "target_id": _id(event.target_id),
            "target_name": event.target_name,
            "changes": event.changes,
            "ip": event.ip,
            "request_id": event.request_id,
        },
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=False,
    ).encode()


def link(previous: bytes, event: AuditEvent, seq: int) -> bytes:
    return hashlib.sha256(previous + canonical(event, seq)).digest()


async def seal(runtime: Runtime) -> int:
    """Link what is not linked yet. Returns how many events that were."""
    unsealed = select(AuditEvent).where(AuditEvent.seq.is_(None))
    async with runtime.db.read(system_context()) as session:
        if await session.scalar(select(unsealed.exists())) is not True:
            return 0
    async with runtime.db.write(system_context()) as session:
        found = await session.scalars(unsealed.order_by(AuditEvent.at, AuditEvent.id).limit(BATCH))
        events = sorted(found, key=lambda event: event.tenant_id.int)
        for tenant_id, of_tenant in groupby(events, key=lambda event: event.tenant_id):
            await _extend(session, runtime.sealer, tenant_id, list(of_tenant))
        return len(events)


async def _extend(session: AsyncSession, sealer: Sealer, tenant_id: UUID, events: list[AuditEvent]) -> None:
    head = await session.get(AuditHead, tenant_id, with_for_update=True)
    if head is None:
        head = AuditHead(tenant_id=tenant_id, seq=0, hash=GENESIS, proof=b"")
        session.add(head)
    seals: list[dict[str, Any]] = []
    for event in events:
        head.seq += 1
        head.hash = link(head.hash, event, head.seq)
        seals.append({"id": event.id, "seq": head.seq, "hash": head.hash})
    head.proof = sealer.seal(head.hash, place=_place(tenant_id, head.seq))
    await session.execute(update(AuditEvent), seals)


async def verify(runtime: Runtime, tenant_id: UUID | None = None) -> list[Verdict]:
    """Walk every chain from its first event, or one tenant's. A verdict without a fault is a sound chain."""
    async with runtime.db.read(system_context()) as session:
        tenants = select(AuditEvent.tenant_id).union(select(AuditHead.tenant_id))
        found = [tenant_id] if tenant_id is not None else sorted((await session.scalars(tenants)).all(), key=str)
        return [await _verify_one(session, runtime.sealer, tenant) for tenant in found]


async def _verify_one(session: AsyncSession, sealer: Sealer, tenant_id: UUID) -> Verdict:
    """On PostgreSQL each statement sees what was committed until then, and a server may seal meanwhile.

    So the head is read first and the chain judged up to it; events behind it are sound if the head moved on with them.
    """
    seq, previous = 0, GENESIS
    while True:
        head = await session.get(AuditHead, tenant_id, populate_existing=True)
        until = None if head is None else head.seq
        async for event in _sealed_events(session, tenant_id, after=seq, until=until):
            fault = _judge(event, expected=seq + 1, previous=previous)
            if fault is not None:
                return Verdict(tenant_id, seq, previous.hex(), fault)
            seq, previous = seq + 1, event.hash or b""
        fault = _judge_head(sealer, tenant_id, head, seq=seq, last=previous)
        last = await session.scalar(select(func.max(AuditEvent.seq)).where(AuditEvent.tenant_id == tenant_id)) or 0
        if fault is not None or last <= seq:
            break
        moved = await session.get(AuditHead, tenant_id, populate_existing=True)
        if moved is None or moved.seq <= seq:
            fault = Fault(last, None, "the head of the chain does not belong to its last event")
            break
    if fault is None:
        fault = await _judge_unsealed(session, tenant_id)
    return Verdict(tenant_id, seq, previous.hex(), fault)


async def _sealed_events(
    session: AsyncSession, tenant_id: UUID, *, after: int, until: int | None
) -> AsyncIterator[AuditEvent]:
    """In the order of the chain, a page at a time, so that a long trail needs little memory."""
    while True:
        page = select(AuditEvent).where(AuditEvent.tenant_id == tenant_id, AuditEvent.seq > after)
        if until is not None:
            page = page.where(AuditEvent.seq <= until)
        events = (await session.scalars(page.order_by(AuditEvent.seq).limit(PAGE))).all()
        for event in events:
            yield event
        if len(events) < PAGE:
            return
        after = events[-1].seq or after
        session.expunge_all()


def _judge(event: AuditEvent, *, expected: int, previous: bytes) -> Fault | None:
    if event.seq != expected:
        return Fault(expected, None, f"event {expected} is missing")
    if event.hash != link(previous, event, expected):
        return Fault(expected, event.id, f"event {expected} is not what was sealed")
    return None


def _judge_head(sealer: Sealer, tenant_id: UUID, head: AuditHead | None, *, seq: int, last: bytes) -> Fault | None:
    if head is None:
        return None if seq == 0 else Fault(seq, None, "the head of the chain is missing")
    if head.seq > seq:
        return Fault(seq + 1, None, f"events {seq + 1} to {head.seq} were cut off the end")
    try:
        proven = sealer.open(head.proof, place=_place(tenant_id, head.seq))
    except SealBroken:
        return Fault(head.seq, None, "the head of the chain was not written by this server")
    if head.seq != seq or proven != last or head.hash != last:
        return Fault(seq, None, "the head of the chain does not belong to its last event")
    return None


async def _judge_unsealed(session: AsyncSession, tenant_id: UUID) -> Fault | None:
    oldest = await session.scalar(
        select(func.min(AuditEvent.at)).where(AuditEvent.tenant_id == tenant_id, AuditEvent.seq.is_(None))
    )
    if oldest is not None and clock.now() - oldest > UNSEALED_TOO_LONG:
        return Fault(None, None, f"events since {oldest:%Y-%m-%d %H:%M} are not sealed: does the server run?")
    return None


async def log_heads(runtime: Runtime) -> None:
    """Put each head into the server's log, which usually lives elsewhere than the database."""
    async with runtime.db.read(system_context()) as session:
        for head in await session.scalars(select(AuditHead)):
            log.info("audit_checkpoint", tenant_id=str(head.tenant_id), seq=head.seq, hash=head.hash.hex())


def _place(tenant_id: UUID, seq: int) -> str:
    return f"{tenant_id}/audit_heads/{seq}/hash"


def _id(value: UUID | None) -> str | None:
    return None if value is None else str(value)
