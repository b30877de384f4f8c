"""Admin routes of stored credentials."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Response

from deployflow.identity.access import Principal, Requires
from deployflow.platform.db import DbSession, ReadSession
from deployflow.platform.paging import Listing, Page
from deployflow.platform.preconditions import ExpectedVersion, set_etag
from deployflow.platform.runtime import CurrentRuntime
from deployflow.secrets import queries, schemas, service

router = APIRouter(prefix="/secrets", tags=["secrets"])
Reader = Annotated[Principal, Requires("secrets:read")]
Writer = Annotated[Principal, Requires("secrets:write")]


@router.get("", response_model=Page[schemas.Secret])
async def list_secrets(_admin: Reader, session: ReadSession, params: Listing) -> Any:
    """Stored credentials, by name; their values are never shown."""
    return await queries.list_secrets(session, params)


@router.post("", status_code=201, response_model=schemas.Secret)
async def create_secret(
    admin: Writer, session: DbSession, response: Response, runtime: CurrentRuntime, body: schemas.SecretCreate
) -> Any:
    """Keep a credential."""
    row = await service.create(
        session,
        runtime.sealer,
        admin,
        name=body.name,
        kind=body.kind,
        description=body.description,
        value=body.value.get_secret_value(),
    )
    set_etag(response, row)
    return row


@router.get("/{secret_id}", response_model=schemas.Secret)
async def get_secret(_admin: Reader, session: ReadSession, response: Response, secret_id: UUID) -> Any:
    """One of them, without its value."""
    row = await queries.get_secret(session, secret_id)
    set_etag(response, row)
    return row


@router.patch("/{secret_id}", response_model=schemas.Secret)
async def update_secret(
    admin: Writer,
    session: DbSession,
    response: Response,
    runtime: CurrentRuntime,
    secret_id: UUID,
    expected: ExpectedVersion,
    body: schemas.SecretPatch,
) -> Any:
    """Rename or describe it, or set another value."""
    row = await service.change(
        session,
        runtime.sealer,
        admin,
        secret_id,
        name=body.name,
        description=body.description,
        value=body.value.get_secret_value() if body.value is not None else None,
        expected=expected,
    )
    set_etag(response, row)
    return row


@router.delete("/{secret_id}", status_code=204)
async def delete_secret(_admin: Writer, session: DbSession, secret_id: UUID, expected: ExpectedVersion) -> None:
    """Forget it."""
    await service.delete(session, secret_id, expected=expected)
