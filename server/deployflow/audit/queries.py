"""Reads of the trail."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from deployflow.audit.models import AuditEvent
from deployflow.platform.paging import ListField, ListParams, ListSpec, fetch_page


def _search(words: str) -> ColumnElement[bool]:
    return or_(
        *(
            func.lower(column).contains(words.lower(), autoescape=True)
            for column in (AuditEvent.actor_name, AuditEvent.target_name, AuditEvent.verb)
        )
    )


LIST = ListSpec(
    fields={
        "at": ListField(AuditEvent.at, datetime, sortable=True),
        "actor_id": ListField(AuditEvent.actor_id, UUID),
        "actor_type": ListField(AuditEvent.actor_type),
        "verb": ListField(AuditEvent.verb),
        "target_type": ListField(AuditEvent.target_type),
        "target_id": ListField(AuditEvent.target_id, UUID),
    },
    key=AuditEvent.id,
    default_sort="-at",
    search=_search,
)


async def list_events(session: AsyncSession, params: ListParams) -> dict[str, Any]:
    """A page of events, newest first unless asked otherwise."""
    rows, cursor, total = await fetch_page(session, select(AuditEvent), LIST, params)
    return {"items": rows, "next_cursor": cursor, "total": total}


async def newest_events(session: AsyncSession, limit: int) -> list[AuditEvent]:
    """The last things that happened, for the overview."""
    found = await session.scalars(select(AuditEvent).order_by(AuditEvent.at.desc(), AuditEvent.id.desc()).limit(limit))
    return list(found)
