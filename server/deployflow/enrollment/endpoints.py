"""Enrollment tokens for people: `/api/v1/enrollment-tokens`."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response

from deployflow.enrollment import install, queries, service
from deployflow.enrollment.schemas import TokenChange, TokenIn, TokenMade, TokenOut, UseOut
from deployflow.identity.access import Principal, Requires
from deployflow.platform.db import DbSession, ReadSession
from deployflow.platform.paging import Listing, Page
from deployflow.platform.preconditions import ExpectedVersion, set_etag
from deployflow.platform.runtime import CurrentRuntime

router = APIRouter(tags=["enrollment"])

Reader = Annotated[Principal, Requires("enrollment:read")]
Writer = Annotated[Principal, Requires("enrollment:write")]


@router.get("/enrollment-tokens")
async def list_enrollment_tokens(_reader: Reader, session: ReadSession, params: Listing) -> Page[TokenOut]:
    """List enrollment tokens."""
    return await queries.page(session, params)


@router.post("/enrollment-tokens", status_code=201)
async def make_enrollment_token(
    _writer: Writer,
    session: DbSession,
    runtime: CurrentRuntime,
    request: Request,
    response: Response,
    wanted: TokenIn,
) -> TokenMade:
    """Make an enrollment token. Its text and the lines to paste are in this answer only."""
    token, text = await service.make_token(session, wanted)
    url = await install.public_url(session, runtime.settings, request)
    set_etag(response, token)
    response.headers["Cache-Control"] = "no-store"
    return TokenMade(**TokenOut.of(token).model_dump(), token=text, install=install.lines(url, text))


@router.get("/enrollment-tokens/{token_id}")
async def get_enrollment_token(_reader: Reader, session: ReadSession, response: Response, token_id: UUID) -> TokenOut:
    """One enrollment token, without its secret."""
    token = await queries.get(session, token_id)
    set_etag(response, token)
    return TokenOut.of(token)


@router.patch("/enrollment-tokens/{token_id}")
async def change_enrollment_token(
    _writer: Writer,
    session: DbSession,
    response: Response,
    token_id: UUID,
    change: TokenChange,
    expected: ExpectedVersion,
) -> TokenOut:
    """Change an enrollment token."""
    token = await service.change_token(session, token_id, change, expected=expected)
    set_etag(response, token)
    return TokenOut.of(token)


@router.delete("/enrollment-tokens/{token_id}", status_code=204)
async def revoke_enrollment_token(
    _writer: Writer, session: DbSession, token_id: UUID, expected: ExpectedVersion
) -> None:
    """Revoke an enrollment token; it stays in the list as revoked, and its devices stay."""
    await service.revoke_token(session, token_id, expected=expected)


@router.get("/enrollment-tokens/{token_id}/uses")
async def list_enrollment_token_uses(
    _reader: Reader, session: ReadSession, params: Listing, token_id: UUID
) -> Page[UseOut]:
    """The devices that enrolled with a token, newest first."""
    return await queries.uses(session, token_id, params)
