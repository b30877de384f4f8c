"""Routes of the organisation's settings."""

from typing import Annotated, Any

from fastapi import APIRouter, Response

from deployflow import __version__
from deployflow.identity import queries, schemas
from deployflow.identity.access import Principal, Requires
from deployflow.identity.models import Tenant
from deployflow.identity.service import tenants
from deployflow.platform.db import DbSession, ReadSession
from deployflow.platform.preconditions import ExpectedVersion, set_etag
from deployflow.platform.runtime import CurrentRuntime, Runtime
from deployflow.platform.settings import OFFLINE_AFTER

router = APIRouter(prefix="/settings", tags=["identity"])


@router.get("", response_model=schemas.Settings)
async def get_settings(
    _admin: Annotated[Principal, Requires("settings:read")],
    session: ReadSession,
    response: Response,
    runtime: CurrentRuntime,
) -> Any:
    """How this organisation works."""
    tenant = await queries.current_tenant(session)
    set_etag(response, tenant)
    return _shape(tenant, runtime)


@router.patch("", response_model=schemas.Settings)
async def update_settings(
    _admin: Annotated[Principal, Requires("settings:write")],
    session: DbSession,
    response: Response,
    runtime: CurrentRuntime,
    expected: ExpectedVersion,
    body: schemas.SettingsPatch,
) -> Any:
    """Change how this organisation works."""
    tenant = await queries.current_tenant(session)
    await tenants.change_settings(session, tenant, body.model_dump(exclude_unset=True), expected=expected)
    set_etag(response, tenant)
    return _shape(tenant, runtime)


def _shape(tenant: Tenant, runtime: Runtime) -> dict[str, Any]:
    return {
        "organisation": tenant.name,
        "public_url": tenant.public_url or runtime.settings.public_url,
        "offline_after_s": int(OFFLINE_AFTER.total_seconds()),
        "action_expiry_days": tenant.action_expiry_days,
        "version": tenant.version,
        "server_version": __version__,
    }
