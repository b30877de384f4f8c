"""Routes of organisations."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Request, Response

from deployflow.identity import queries, schemas
from deployflow.identity.access import Principal, Requires
from deployflow.identity.service import tenants
from deployflow.platform.context import Context
from deployflow.platform.paging import Page
from deployflow.platform.preconditions import ExpectedVersion, set_etag
from deployflow.platform.runtime import CurrentRuntime

router = APIRouter(prefix="/tenants", tags=["identity"])
Writer = Annotated[Principal, Requires("tenants:write", step_up=True)]


@router.get("", response_model=Page[schemas.Tenant])
async def list_tenants(
    admin: Annotated[Principal, Requires("tenants:read", person=True)], runtime: CurrentRuntime
) -> Any:
    """The organisations this person belongs to."""
    assert admin.user_id is not None
    async with runtime.db.read(Context(all_tenants=True)) as session:
        return {"items": await queries.tenants_of(session, admin.user_id)}


@router.post("", status_code=201, response_model=schemas.Tenant)
async def create_tenant(admin: Writer, request: Request, runtime: CurrentRuntime, body: schemas.TenantWrite) -> Any:
    """Open another organisation on this server; needs PostgreSQL."""
    context: Context = request.state.context
    async with runtime.db.write(context.everywhere()) as session:
        return await tenants.open_tenant(session, admin, name=body.name, single=runtime.db.is_sqlite)


@router.patch("/{tenant_id}", response_model=schemas.Tenant)
async def update_tenant(
    admin: Writer,
    request: Request,
    response: Response,
    runtime: CurrentRuntime,
    tenant_id: UUID,
    expected: ExpectedVersion,
    body: schemas.TenantWrite,
) -> Any:
    """Give an organisation another name."""
    context: Context = request.state.context
    async with runtime.db.write(context.everywhere()) as session:
        tenant = await tenants.rename_tenant(session, admin, tenant_id, name=body.name, expected=expected)
    set_etag(response, tenant)
    return tenant
