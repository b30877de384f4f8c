"""Admin routes of the audit trail."""

from typing import Annotated, Any

from fastapi import APIRouter

from deployflow.audit import queries, schemas
from deployflow.identity.access import Principal, Requires
from deployflow.platform.db import ReadSession
from deployflow.platform.paging import Listing, Page

router = APIRouter(tags=["audit"])


@router.get("/audit", response_model=Page[schemas.AuditEvent])
async def list_audit_events(
    _admin: Annotated[Principal, Requires("audit:read")], session: ReadSession, params: Listing
) -> Any:
    """Who did what to what, when and from where."""
    return await queries.list_events(session, params)
