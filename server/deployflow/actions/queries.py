"""Reads of the ledger."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload, selectinload, undefer

from deployflow.actions import kinds
from deployflow.actions.errors import ActionNotFound, ContentNotNamed
from deployflow.actions.models import Action, ActionBatch, ActionLog
from deployflow.actions.schemas import DayCount, LogChunkOut, LogPage, Summary
from deployflow.actions.states import ENDED, LIVE, REGAINABLE, Status
from deployflow.devices.models import Device
from deployflow.platform import clock
from deployflow.platform.context import Context
from deployflow.platform.db import Database
from deployflow.platform.paging import ListField, ListParams, ListSpec, fetch_page
from deployflow.platform.storage import Content

# One read while a log is streamed out as text.
TEXT_CHUNKS = 500
# The device has it, and may have begun.
FETCHING = (Status.LEASED, Status.RUNNING)
FAILED = (Status.FAILED, Status.TIMED_OUT, Status.INTERRUPTED)


def _search(words: str) -> ColumnElement[bool]:
    return or_(
        Action.device_id.in_(
            select(Device.id).where(func.lower(Device.hostname).contains(words.lower(), autoescape=True))
        ),
        Action.batch_id.in_(
            select(ActionBatch.id).where(func.lower(ActionBatch.title).contains(words.lower(), autoescape=True))
        ),
    )


LIST = ListSpec(
    fields={
        "device_id": ListField(Action.device_id, UUID),
        "status": ListField(Action.status),
        "kind": ListField(Action.kind),
        "batch_id": ListField(Action.batch_id, UUID),
        "script_id": ListField(Action.source_id, UUID),
        "created_by": ListField(Action.created_by_id, UUID),
        "created_at": ListField(Action.created_at, datetime, sortable=True),
        "finished_at": ListField(Action.finished_at, datetime),
    },
    key=Action.id,
    default_sort="-created_at",
    search=_search,
)


async def list_actions(session: AsyncSession, params: ListParams) -> tuple[list[Action], str | None, int | None]:
    # Not joined: before PostgreSQL has counted a table that just grew, it joins row by row (seen: 15 s for one page).
    loading = selectinload(Action.batch), selectinload(Action.device)
    return await fetch_page(session, select(Action), LIST, params, loading=loading)


async def get_action(session: AsyncSession, action_id: UUID) -> tuple[Action, str | None]:
    """One action, and what it ran.

    Raises:
        ActionNotFound.
    """
    action = await session.scalar(
        select(Action)
        .where(Action.id == action_id)
        .options(
            joinedload(Action.batch, innerjoin=True).options(undefer(ActionBatch.payload)),
            joinedload(Action.device, innerjoin=True),
        )
    )
    if action is None:
        raise ActionNotFound
    kind = kinds.get(action.kind)
    return action, await kind.shown_body(session, action.batch) if kind else None


async def count_live(session: AsyncSession, device_id: UUID) -> int:
    """How many actions of a device are not at their end. The partial index holds no others."""
    statement = select(func.count()).where(Action.device_id == device_id, Action.status.in_(LIVE))
    return await session.scalar(statement) or 0


async def log_page(session: AsyncSession, action_id: UUID, *, after_seq: int, limit: int) -> LogPage:
    """The next chunks of an action's output.

    Chunks are handed out up to the first gap: one may still be on its way, and a reader who follows would never come
    back for it. Once the action ended, what is there is all there is.

    Raises:
        ActionNotFound.
    """
    row = (
        await session.execute(
            select(Action.status, Action.log_chunks, Action.log_truncated).where(Action.id == action_id)
        )
    ).one_or_none()
    if row is None:
        raise ActionNotFound
    chunks = list(
        await session.scalars(
            select(ActionLog)
            .where(ActionLog.action_id == action_id, ActionLog.seq > after_seq)
            .order_by(ActionLog.seq)
            .limit(limit + 1)
        )
    )
    more = len(chunks) > limit
    chunks = chunks[:limit]
    ended = row.status in ENDED
    if not ended:
        expected = after_seq + 1
        for place, chunk in enumerate(chunks):
            if chunk.seq != expected + place:
                chunks = chunks[:place]
                break
    next_seq = chunks[-1].seq if chunks else after_seq
    arrived = row.log_chunks is None or next_seq + 1 >= row.log_chunks
    return LogPage(
        chunks=[LogChunkOut.model_validate(chunk) for chunk in chunks],
        next_seq=next_seq,
        complete=ended and not more and arrived,
        truncated=row.log_truncated,
    )


async def log_text(db: Database, context: Context, action_id: UUID) -> AsyncIterator[str]:
    """The whole output as text, read piece by piece; no session is held while the reader is slow."""
    after = -1
    while True:
        async with db.read(context) as session:
            pieces = (
                await session.execute(
                    select(ActionLog.seq, ActionLog.text)
                    .where(ActionLog.action_id == action_id, ActionLog.seq > after)
                    .order_by(ActionLog.seq)
                    .limit(TEXT_CHUNKS)
                )
            ).all()
        if not pieces:
            return
        yield "".join(piece.text for piece in pieces)
        after = pieces[-1].seq


async def content_of(session: AsyncSession, device_id: UUID, action_id: UUID, sha256: str) -> Content:
    """A file that a running action of this device names. The link is good for this device and for that time only.

    Raises:
        ContentNotNamed: 404.
    """
    action = await session.scalar(
        select(Action)
        .where(Action.id == action_id, Action.device_id == device_id)
        .options(joinedload(Action.batch, innerjoin=True).undefer(ActionBatch.payload))
    )
    # One that the server presumes to be lost may be fetched for: its device goes on with it.
    if action is None or not (action.status in FETCHING or (action.presumed and action.status in REGAINABLE)):
        raise ContentNotNamed
    kind = kinds.get(action.kind)
    content = None if kind is None else await kind.content(session, action.batch, sha256)
    if content is None:
        raise ContentNotNamed
    return content


async def summary(session: AsyncSession) -> Summary:
    """Numbers for the overview, each from an index."""
    now = clock.now()
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    live = dict(
        (
            await session.execute(
                select(Action.status, func.count())
                .where(Action.status.in_([Status.PENDING, Status.LEASED, Status.RUNNING]))
                .group_by(Action.status)
            )
        ).all()
    )
    failed: dict[datetime, int] = {}
    succeeded: dict[datetime, int] = {}
    for days_ago in range(6, -1, -1):
        start = today - timedelta(days=days_ago)
        counts = dict(
            (
                await session.execute(
                    select(Action.status, func.count())
                    .where(Action.finished_at >= start, Action.finished_at < start + timedelta(days=1))
                    .group_by(Action.status)
                )
            ).all()
        )
        failed[start] = sum(counts.get(status, 0) for status in FAILED)
        succeeded[start] = counts.get(Status.SUCCEEDED, 0)
    return Summary(
        pending=live.get(Status.PENDING, 0),
        leased=live.get(Status.LEASED, 0),
        running=live.get(Status.RUNNING, 0),
        succeeded_today=succeeded[today],
        failed_today=failed[today],
        failed_7d=[DayCount(at=at, count=count) for at, count in failed.items()],
        succeeded_7d=[DayCount(at=at, count=count) for at, count in succeeded.items()],
    )
