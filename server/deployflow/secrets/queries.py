"""Reads of stored credentials: everything but the value."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from deployflow.platform.errors import NotFound
from deployflow.platform.paging import ListField, ListParams, ListSpec, fetch_page
from deployflow.secrets.models import Secret


def _search(words: str) -> ColumnElement[bool]:
    return or_(
        *(func.lower(column).contains(words.lower(), autoescape=True) for column in (Secret.name, Secret.description))
    )


LIST = ListSpec(
    fields={
        "name": ListField(Secret.name, sortable=True),
        "kind": ListField(Secret.kind),
        "set_at": ListField(Secret.set_at, datetime, sortable=True),
    },
    key=Secret.id,
    default_sort="name",
    search=_search,
)


async def list_secrets(session: AsyncSession, params: ListParams) -> dict[str, Any]:
    rows, cursor, total = await fetch_page(session, select(Secret), LIST, params)
    return {"items": rows, "next_cursor": cursor, "total": total}


async def get_secret(session: AsyncSession, secret_id: UUID) -> Secret:
    """One of them.

    Raises:
        NotFound: 404.
    """
    row = await session.get(Secret, secret_id)
    if row is None:
        raise NotFound
    return row
