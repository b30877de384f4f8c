"""Routes of people."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Request, Response

from deployflow.identity import queries, schemas
from deployflow.identity.access import Principal, Requires
from deployflow.identity.service import members
from deployflow.platform.db import DbSession, ReadSession
from deployflow.platform.paging import Listing, Page
from deployflow.platform.preconditions import ExpectedVersion, set_etag
from deployflow.platform.runtime import CurrentRuntime

router = APIRouter(prefix="/users", tags=["identity"])
Reader = Annotated[Principal, Requires("users:read")]
Writer = Annotated[Principal, Requires("users:write", step_up=True)]


@router.get("", response_model=Page[schemas.User])
async def list_users(_admin: Reader, session: ReadSession, params: Listing) -> Any:
    """The organisation's people."""
    return await queries.list_members(session, params)


@router.post("", status_code=201, response_model=schemas.UserCreated)
async def invite_user(
    admin: Writer, session: DbSession, request: Request, runtime: CurrentRuntime, body: schemas.UserCreate
) -> Any:
    """Add a person; the answer holds the one-time link to give them."""
    member, token = await members.invite(session, admin, email=body.email, name=body.name, role_id=body.role_id)
    base = await queries.public_url(session, runtime.settings)
    return {**queries.member_shape(member), "invite_url": _invite_url(request, base, token)}


@router.get("/{user_id}", response_model=schemas.User)
async def get_user(_admin: Reader, session: ReadSession, response: Response, user_id: UUID) -> Any:
    """One person."""
    member = await queries.get_member(session, user_id)
    set_etag(response, member)
    return queries.member_shape(member)


@router.patch("/{user_id}", response_model=schemas.User)
async def update_user(
    admin: Writer,
    session: DbSession,
    response: Response,
    user_id: UUID,
    expected: ExpectedVersion,
    body: schemas.UserPatch,
) -> Any:
    """Give a person another role or name, or switch them off."""
    member = await members.change(session, admin, user_id, body.model_dump(exclude_unset=True), expected=expected)
    set_etag(response, member)
    return queries.member_shape(member)


@router.delete("/{user_id}", status_code=204)
async def delete_user(admin: Writer, session: DbSession, user_id: UUID, expected: ExpectedVersion) -> None:
    """Take a person out of the organisation."""
    await members.remove(session, admin, user_id, expected=expected)


@router.post("/{user_id}/reset-invite", response_model=schemas.UserCreated)
async def reset_invite(
    admin: Writer, session: DbSession, request: Request, runtime: CurrentRuntime, user_id: UUID
) -> Any:
    """Take password and authenticator from a person, and give them a new one-time link."""
    member, token = await members.reset(session, admin, user_id)
    base = await queries.public_url(session, runtime.settings)
    return {**queries.member_shape(member), "invite_url": _invite_url(request, base, token)}


def _invite_url(request: Request, base: str | None, token: str | None) -> str | None:
    """A link the person can open. The token stands behind `#`, so that no server or proxy logs it."""
    if token is None:
        return None
    return f"{base or str(request.base_url).rstrip('/')}/welcome/#{token}"
