"""Reads of enrollment tokens and their uses."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from deployflow.devices.models import Device
from deployflow.enrollment.errors import TokenNotFound
from deployflow.enrollment.models import EnrollmentToken, EnrollmentUse
from deployflow.enrollment.schemas import TokenOut, UsedBy, UseOut
from deployflow.enrollment.states import TokenState, is_in
from deployflow.platform import clock
from deployflow.platform.paging import (
    ListField,
    ListParams,
    ListSpec,
    Page,
    WrongListParameter,
    fetch_page,
)


def _state(op: str, values: list[Any]) -> ColumnElement[bool]:
    if op not in {"eq", "in"}:
        raise WrongListParameter("filter[state] knows the operators eq and in")
    try:
        return or_(*(is_in(TokenState(value), clock.now()) for value in values))
    except ValueError as error:
        raise WrongListParameter(f"filter[state] knows {', '.join(TokenState)}") from error


def _search(words: str) -> ColumnElement[bool]:
    return or_(
        *(
            func.lower(column).contains(words.lower(), autoescape=True)
            for column in (EnrollmentToken.name, EnrollmentToken.description, EnrollmentToken.prefix)
        )
    )


TOKENS = ListSpec(
    fields={
        "name": ListField(EnrollmentToken.name, sortable=True),
        "created_at": ListField(EnrollmentToken.created_at, kind=datetime, sortable=True),
        "expires_at": ListField(EnrollmentToken.expires_at, kind=datetime, sortable=True),
        "uses": ListField(EnrollmentToken.uses, kind=int, sortable=True),
        "state": ListField(EnrollmentToken.revoked_at, where=_state),
    },
    key=EnrollmentToken.id,
    default_sort="-created_at",
    search=_search,
)

USES = ListSpec(
    fields={"at": ListField(EnrollmentUse.at, kind=datetime, sortable=True)},
    key=EnrollmentUse.id,
    default_sort="-at",
)


async def page(session: AsyncSession, params: ListParams) -> Page[TokenOut]:
    """One page of the tenant's tokens."""
    rows, cursor, total = await fetch_page(session, select(EnrollmentToken), TOKENS, params)
    return Page(items=[TokenOut.of(row) for row in rows], next_cursor=cursor, total=total)


async def get(session: AsyncSession, token_id: UUID) -> EnrollmentToken:
    """A token.

    Raises:
        TokenNotFound: 404.
    """
    token = await session.get(EnrollmentToken, token_id)
    if token is None:
        raise TokenNotFound
    return token


async def uses(session: AsyncSession, token_id: UUID, params: ListParams) -> Page[UseOut]:
    """One page of the enrolments by a token.

    Raises:
        TokenNotFound: 404.
    """
    await get(session, token_id)
    statement = select(EnrollmentUse).where(EnrollmentUse.token_id == token_id)
    rows, cursor, total = await fetch_page(session, statement, USES, params)
    devices = {
        device.id: device
        for device in await session.scalars(select(Device).where(Device.id.in_([row.device_id for row in rows])))
    }
    items = [
        UseOut(
            device=UsedBy(
                id=row.device_id,
                hostname=devices[row.device_id].hostname,
                state=devices[row.device_id].state,
            ),
            at=row.at,
            ip=row.ip,
        )
        for row in rows
    ]
    return Page(items=items, next_cursor=cursor, total=total)
