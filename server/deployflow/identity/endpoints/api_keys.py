"""Routes of API keys."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter

from deployflow.identity import queries, schemas
from deployflow.identity.access import Principal, Requires
from deployflow.identity.service import api_keys
from deployflow.platform.db import DbSession, ReadSession
from deployflow.platform.paging import Listing, Page
from deployflow.platform.preconditions import ExpectedVersion

router = APIRouter(prefix="/api-keys", tags=["identity"])


@router.get("", response_model=Page[schemas.ApiKey])
async def list_api_keys(
    _admin: Annotated[Principal, Requires("api_keys:read")], session: ReadSession, params: Listing
) -> Any:
    """The organisation's keys, those that ended too."""
    return await queries.list_api_keys(session, params)


@router.post("", status_code=201, response_model=schemas.ApiKeyCreated)
async def create_api_key(
    admin: Annotated[Principal, Requires("api_keys:write", step_up=True)],
    session: DbSession,
    body: schemas.ApiKeyCreate,
) -> Any:
    """Make a key for a program; the answer holds the only copy."""
    row, key = await api_keys.create(
        session, admin, name=body.name, permissions=body.permissions, expires_at=body.expires_at
    )
    return {**schemas.ApiKey.model_validate(row).model_dump(), "key": key}


@router.delete("/{api_key_id}", status_code=204)
async def revoke_api_key(
    _admin: Annotated[Principal, Requires("api_keys:write")],
    session: DbSession,
    api_key_id: UUID,
    expected: ExpectedVersion,
) -> None:
    """End a key now."""
    await api_keys.revoke(session, api_key_id, expected=expected)
