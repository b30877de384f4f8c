"""Routes of `/api/v1/actions`."""

from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response, status
from fastapi.responses import StreamingResponse

from deployflow.actions import queries, service
from deployflow.actions.models import Action
from deployflow.actions.schemas import (
    ActionDetail,
    ActionOut,
    LogPage,
    QueueAnswer,
    QueueRequest,
    Summary,
)
from deployflow.actions.service import Order
from deployflow.identity.access import Principal, Requires
from deployflow.identity.models import Tenant
from deployflow.platform.db import DbSession, ReadSession
from deployflow.platform.paging import Listing, Page
from deployflow.platform.runtime import CurrentRuntime

router = APIRouter(prefix="/actions", tags=["actions"])

MAX_LOG_PAGE = 1000
ActionId = Annotated[UUID, Path(description="The action")]


@router.post("", status_code=status.HTTP_201_CREATED, response_model=QueueAnswer)
async def queue_actions(
    order: QueueRequest, admin: Annotated[Principal, Requires("actions:run")], session: DbSession
) -> Order:
    """Queue one thing on one or many devices: one action each, all or none."""
    if order.expires_in_s is not None:
        expires_in = timedelta(seconds=order.expires_in_s)
    else:
        tenant = await session.get_one(Tenant, admin.tenant_id)
        expires_in = timedelta(days=tenant.action_expiry_days)
    return await service.queue(
        session,
        device_ids=order.device_ids,
        kind=order.kind,
        payload=order.payload,
        may=admin.may,
        expires_in=expires_in,
        time_limit=None if order.timeout_s is None else timedelta(seconds=order.timeout_s),
    )


@router.get("", response_model=Page[ActionOut])
async def list_actions(
    params: Listing,
    admin: Annotated[Principal, Requires("actions:read")],  # noqa: ARG001
    session: ReadSession,
) -> dict[str, Any]:
    """List actions, the newest first."""
    items, cursor, total = await queries.list_actions(session, params)
    return {"items": items, "next_cursor": cursor, "total": total}


@router.get("/summary")
async def read_summary(
    admin: Annotated[Principal, Requires("actions:read")],  # noqa: ARG001
    session: ReadSession,
) -> Summary:
    """How many run, wait, worked and failed."""
    return await queries.summary(session)


@router.get("/{action_id}")
async def read_action(
    action_id: ActionId,
    admin: Annotated[Principal, Requires("actions:read")],  # noqa: ARG001
    session: ReadSession,
    response: Response,
) -> ActionDetail:
    """One action with its timeline, what ran, and its result."""
    action, body = await queries.get_action(session, action_id)
    response.headers["ETag"] = f'"{action.version}"'
    return ActionDetail.model_validate(action).model_copy(update={"body": body})


@router.get("/{action_id}/log")
async def read_log(
    action_id: ActionId,
    admin: Annotated[Principal, Requires("actions:read")],  # noqa: ARG001
    session: ReadSession,
    after_seq: Annotated[int, Query(ge=-1, description="The `next_seq` of the last answer")] = -1,
    limit: Annotated[int, Query(ge=1, le=MAX_LOG_PAGE)] = 500,
) -> LogPage:
    """The next piece of an action's output."""
    return await queries.log_page(session, action_id, after_seq=after_seq, limit=limit)


@router.get("/{action_id}/log.txt", response_class=StreamingResponse)
async def download_log(
    action_id: ActionId,
    admin: Annotated[Principal, Requires("actions:read")],  # noqa: ARG001
    request: Request,
    runtime: CurrentRuntime,
) -> StreamingResponse:
    """The whole output as a text file."""
    context = request.state.context
    async with runtime.db.read(context) as session:
        await queries.log_page(session, action_id, after_seq=-1, limit=1)
    return StreamingResponse(
        queries.log_text(runtime.db, context, action_id),
        media_type="text/plain; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="action-{action_id}.log.txt"',
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-store",
        },
    )


@router.post("/{action_id}/cancel", response_model=ActionOut)
async def cancel_action(
    action_id: ActionId,
    admin: Annotated[Principal, Requires("actions:cancel")],  # noqa: ARG001
    session: DbSession,
) -> Action:
    """Call an action off: at once while it waits, through the device while it runs."""
    return await service.cancel(session, action_id)


@router.post("/{action_id}/run-again", status_code=status.HTTP_201_CREATED, response_model=ActionOut)
async def run_action_again(
    action_id: ActionId, admin: Annotated[Principal, Requires("actions:run")], session: DbSession
) -> Action:
    """Queue the same thing on the same device once more."""
    return await service.run_again(session, action_id, may=admin.may)
