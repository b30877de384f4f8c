"""S-70: whoever edits, deletes, reorders or cuts sealed events is found at that event."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from sqlalchemy import select, text  # noqa: TID251  somebody with the database itself uses no ORM
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from deployflow.audit import chain
from deployflow.audit.models import AuditEvent, AuditHead
from deployflow.platform import trail
from deployflow.platform.context import system_context
from deployflow.platform.db import Database
from deployflow.platform.runtime import Runtime
from tests.support.clients import Clients


@pytest.fixture
async def runtime(app: FastAPI, clients: Clients) -> Runtime:
    """A runtime whose first tenant has ten sealed events and whose second has three."""
    made: Runtime = app.state.runtime
    for tenant, count in ((clients.tenant_id, 10), (clients.other_tenant_id, 3)):
        for number in range(count):
            await note(made.db, tenant, f"thing {number}")
    assert await chain.seal(made) == 13
    return made


async def note(db: Database, tenant_id: UUID, name: str) -> None:
    async with db.write(system_context(tenant_id)) as session:
        changes: dict[str, tuple[Any, Any]] = {
            "text": ("ä\x00", 'quote " and \\'),
            "list": (None, ["b", 1, 2.5, {"z": 1, "a": None}]),
            "number": (10**15, -3),
            "flag": (True, None),
        }
        trail.note(session, "thing.made", target_type="thing", target_id=None, target_name=name, changes=changes)


async def tamper(runtime: Runtime, do: Callable[[AsyncSession], Awaitable[None]]) -> None:
    """As somebody would who owns the database: without the triggers."""
    async with runtime.db.write(system_context()) as session:
        names = ("audit_events_no_change", "audit_events_no_delete")
        if runtime.db.is_sqlite:
            for name in names:
                await session.execute(text(f"DROP TRIGGER {name}"))
        else:
            for name in names:
                await session.execute(text(f"DROP TRIGGER {name} ON audit_events"))
        await do(session)


async def fault_of(runtime: Runtime, tenant_id: UUID) -> chain.Fault | None:
    return next(verdict.fault for verdict in await chain.verify(runtime) if verdict.tenant_id == tenant_id)


async def event(session: AsyncSession, tenant_id: UUID, seq: int) -> AuditEvent:
    found = await session.scalar(select(AuditEvent).where(AuditEvent.tenant_id == tenant_id, AuditEvent.seq == seq))
    assert found is not None
    return found


async def test_an_untouched_trail_verifies(runtime: Runtime, clients: Clients) -> None:
    verdicts = await chain.verify(runtime)
    assert {(verdict.tenant_id, verdict.events, verdict.fault) for verdict in verdicts} == {
        (clients.tenant_id, 10, None),
        (clients.other_tenant_id, 3, None),
    }


async def test_new_events_go_on_where_the_chain_ended(runtime: Runtime, clients: Clients) -> None:
    before = (await chain.verify(runtime, clients.tenant_id))[0].head
    await note(runtime.db, clients.tenant_id, "one more")
    assert await chain.seal(runtime) == 1
    assert await chain.seal(runtime) == 0
    verdict = (await chain.verify(runtime, clients.tenant_id))[0]
    assert (verdict.events, verdict.fault) == (11, None)
    assert verdict.head != before


async def test_events_that_a_server_seals_meanwhile_are_no_fault(
    runtime: Runtime, clients: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between any two statements of the verifier, on a database that shows each what was committed until then."""
    if runtime.db.is_sqlite:
        pytest.skip("a reader on SQLite sees one moment")
    inner, rounds = chain._sealed_events, 0

    async def meanwhile(session: AsyncSession, tenant_id: UUID, **span: Any) -> Any:
        nonlocal rounds
        rounds += 1
        for moment in ("before", "after"):
            if moment == "after":
                async for found in inner(session, tenant_id, **span):
                    yield found
            if rounds < 3:
                await note(runtime.db, clients.tenant_id, f"{moment} {rounds}")
                await chain.seal(runtime)

    monkeypatch.setattr(chain, "_sealed_events", meanwhile)
    verdict = (await chain.verify(runtime, clients.tenant_id))[0]
    assert (verdict.fault, verdict.events) == (None, 14)


async def test_events_added_behind_the_head_are_found(runtime: Runtime, clients: Clients) -> None:
    async def add(session: AsyncSession) -> None:
        last = await event(session, clients.tenant_id, 10)
        forged = AuditEvent(**{c.key: getattr(last, c.key) for c in AuditEvent.__table__.columns if c.key != "id"})
        forged.seq, forged.target_name = 11, "forged"
        session.add(forged)
        await session.flush()
        forged.hash = chain.link(last.hash or b"", forged, 11)

    await tamper(runtime, add)
    fault = await fault_of(runtime, clients.tenant_id)
    assert fault is not None
    assert (fault.seq, fault.reason) == (11, "the head of the chain does not belong to its last event")


EDITS: list[tuple[str, Any]] = [
    ("actor_name", "somebody else"),
    ("actor_type", "user"),
    ("verb", "thing.read"),
    ("target_name", "another thing"),
    ("target_type", "other"),
    ("changes", {"text": ["ä", "other"]}),
    ("ip", "192.0.2.1"),
    ("request_id", "other"),
    ("actor_id", UUID(int=1)),
    ("target_id", UUID(int=2)),
    ("hash", bytes(32)),
]


async def test_an_edit_of_any_field_is_found_at_its_event(runtime: Runtime, clients: Clients) -> None:
    async def nothing(_session: AsyncSession) -> None:
        pass

    await tamper(runtime, nothing)
    for field, value in EDITS:
        async with runtime.db.write(system_context()) as session:
            row = await event(session, clients.tenant_id, 4)
            before = getattr(row, field)
            setattr(row, field, value)
        fault = await fault_of(runtime, clients.tenant_id)
        assert fault is not None, field
        assert (fault.seq, fault.event_id) == (4, row.id), field
        assert await fault_of(runtime, clients.other_tenant_id) is None
        async with runtime.db.write(system_context()) as session:
            setattr(await event(session, clients.tenant_id, 4), field, before)
        assert await fault_of(runtime, clients.tenant_id) is None


@pytest.mark.parametrize("seq", [1, 5, 9])
async def test_a_deleted_event_is_missed(runtime: Runtime, clients: Clients, seq: int) -> None:
    async def delete(session: AsyncSession) -> None:
        await session.delete(await event(session, clients.tenant_id, seq))

    await tamper(runtime, delete)
    fault = await fault_of(runtime, clients.tenant_id)
    assert fault is not None
    assert (fault.seq, fault.reason) == (seq, f"event {seq} is missing")


async def test_swapped_events_are_found(runtime: Runtime, clients: Clients) -> None:
    async def swap(session: AsyncSession) -> None:
        third, fourth = await event(session, clients.tenant_id, 3), await event(session, clients.tenant_id, 4)
        third.seq = None
        await session.flush()
        fourth.seq = 3
        await session.flush()
        third.seq = 4

    await tamper(runtime, swap)
    fault = await fault_of(runtime, clients.tenant_id)
    assert fault is not None
    assert fault.seq == 3


async def test_a_cut_end_is_found(runtime: Runtime, clients: Clients) -> None:
    async def cut(session: AsyncSession) -> None:
        for seq in (9, 10):
            await session.delete(await event(session, clients.tenant_id, seq))

    await tamper(runtime, cut)
    fault = await fault_of(runtime, clients.tenant_id)
    assert fault is not None
    assert (fault.seq, fault.reason) == (9, "events 9 to 10 were cut off the end")


async def test_a_cut_end_with_its_head_set_back_is_found(runtime: Runtime, clients: Clients) -> None:
    async def cut(session: AsyncSession) -> None:
        last = await event(session, clients.tenant_id, 9)
        await session.delete(await event(session, clients.tenant_id, 10))
        head = await session.get_one(AuditHead, clients.tenant_id)
        assert last.hash is not None
        head.seq, head.hash = 9, last.hash

    await tamper(runtime, cut)
    fault = await fault_of(runtime, clients.tenant_id)
    assert fault is not None
    assert fault.reason == "the head of the chain was not written by this server"


async def test_a_whole_new_chain_needs_the_servers_key(runtime: Runtime, clients: Clients) -> None:
    """Every hash recomputed after an edit: consistent in itself, but the proof cannot be made."""

    async def rewrite(session: AsyncSession) -> None:
        previous = chain.GENESIS
        for seq in range(1, 11):
            row = await event(session, clients.tenant_id, seq)
            row.target_name = "rewritten"
            row.hash = previous = chain.link(previous, row, seq)
        head = await session.get_one(AuditHead, clients.tenant_id)
        head.hash = previous

    await tamper(runtime, rewrite)
    fault = await fault_of(runtime, clients.tenant_id)
    assert fault is not None
    assert fault.seq == 10


async def test_a_missing_head_is_a_fault(runtime: Runtime, clients: Clients) -> None:
    async with runtime.db.write(system_context()) as session:
        await session.delete(await session.get_one(AuditHead, clients.tenant_id))
    fault = await fault_of(runtime, clients.tenant_id)
    assert fault is not None
    assert fault.reason == "the head of the chain is missing"


STATEMENTS = [
    "UPDATE audit_events SET actor_name = 'me'",
    "UPDATE audit_events SET seq = NULL, hash = NULL",
    "UPDATE audit_events SET hash = NULL",
    "DELETE FROM audit_events",
    "DELETE FROM tenants",
]


@pytest.mark.parametrize("statement", STATEMENTS)
@pytest.mark.parametrize("sealed", [True, False])
async def test_the_database_itself_refuses_to_change_or_forget(
    app: FastAPI, clients: Clients, statement: str, *, sealed: bool
) -> None:
    runtime: Runtime = app.state.runtime
    await note(runtime.db, clients.tenant_id, "thing")
    if sealed:
        await chain.seal(runtime)
    with pytest.raises(DBAPIError, match="append-only"):
        async with runtime.db.write(system_context()) as session:
            await session.execute(text(statement))


async def test_an_event_nobody_seals_is_a_fault_after_a_while(
    app: FastAPI, clients: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime: Runtime = app.state.runtime
    await note(runtime.db, clients.tenant_id, "thing")
    assert await fault_of(runtime, clients.tenant_id) is None
    later = chain.clock.now() + 2 * chain.UNSEALED_TOO_LONG
    monkeypatch.setattr(chain.clock, "now", lambda: later)
    fault = await fault_of(runtime, clients.tenant_id)
    assert fault is not None
    assert "not sealed" in fault.reason


async def test_more_than_a_batch_is_sealed_and_walked(
    app: FastAPI, clients: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime: Runtime = app.state.runtime
    monkeypatch.setattr(chain, "BATCH", 3)
    monkeypatch.setattr(chain, "PAGE", 3)
    for number in range(7):
        await note(runtime.db, clients.tenant_id, f"thing {number}")
    assert [await chain.seal(runtime) for _ in range(4)] == [3, 3, 1, 0]
    verdict = (await chain.verify(runtime, clients.tenant_id))[0]
    assert (verdict.events, verdict.fault) == (7, None)
