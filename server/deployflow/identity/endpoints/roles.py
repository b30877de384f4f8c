"""Routes of roles and permissions."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Response

from deployflow.identity import queries, schemas
from deployflow.identity.access import Principal, Requires
from deployflow.identity.permissions import PERMISSIONS
from deployflow.identity.service import roles
from deployflow.platform.db import DbSession, ReadSession
from deployflow.platform.paging import Listing, Page
from deployflow.platform.preconditions import ExpectedVersion, set_etag

router = APIRouter(tags=["identity"])
Reader = Annotated[Principal, Requires("roles:read")]
Writer = Annotated[Principal, Requires("roles:write", step_up=True)]


@router.get("/permissions", response_model=list[schemas.Permission])
async def list_permissions(_admin: Reader) -> Any:
    """Everything a role can allow."""
    return list(PERMISSIONS.values())


@router.get("/roles", response_model=Page[schemas.Role])
async def list_roles(_admin: Reader, session: ReadSession, params: Listing) -> Any:
    """The organisation's roles, with how many people have each."""
    return await queries.list_roles(session, params)


@router.post("/roles", status_code=201, response_model=schemas.Role)
async def create_role(admin: Writer, session: DbSession, body: schemas.RoleWrite) -> Any:
    """Make a role."""
    role = await roles.create(
        session, admin, name=body.name, description=body.description, permissions=body.permissions
    )
    return queries.role_shape(role, 0)


@router.get("/roles/{role_id}", response_model=schemas.Role)
async def get_role(_admin: Reader, session: ReadSession, response: Response, role_id: UUID) -> Any:
    """One role."""
    role = await queries.get_role(session, role_id)
    set_etag(response, role["version"])
    return role


@router.patch("/roles/{role_id}", response_model=schemas.Role)
async def update_role(
    admin: Writer,
    session: DbSession,
    response: Response,
    role_id: UUID,
    expected: ExpectedVersion,
    body: schemas.RolePatch,
) -> Any:
    """Change what a role is called or allows."""
    await roles.change(
        session,
        admin,
        role_id,
        name=body.name,
        description=body.description,
        permissions=body.permissions,
        expected=expected,
    )
    role = await queries.get_role(session, role_id)
    set_etag(response, role["version"])
    return role


@router.delete("/roles/{role_id}", status_code=204)
async def delete_role(admin: Writer, session: DbSession, role_id: UUID, expected: ExpectedVersion) -> None:
    """Remove a role that nobody has."""
    await roles.delete(session, admin, role_id, expected=expected)
