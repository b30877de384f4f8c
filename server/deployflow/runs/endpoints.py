"""Routes of `/api/v1/runs`."""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from deployflow.identity.access import Principal, Requires
from deployflow.identity.models import Tenant
from deployflow.platform.db import DbSession, ReadSession
from deployflow.platform.paging import Listing, Page
from deployflow.runs import queries, service
from deployflow.runs.schemas import Grid, Preview, RunDetail, RunIn, RunOut, RunRetry

router = APIRouter(tags=["runs"])

Reader = Annotated[Principal, Requires("actions:read")]
Runner = Annotated[Principal, Requires("actions:run")]
Canceller = Annotated[Principal, Requires("actions:cancel")]
Names = Annotated[bool, Query(description="With ids and host names, which do not change")]


@router.get("/runs")
async def list_runs(_reader: Reader, session: ReadSession, params: Listing) -> Page[RunOut]:
    """List runs, the newest first. `q` looks in what was done."""
    return await queries.page(session, params)


@router.post("/runs", status_code=201)
async def start_run(runner: Runner, session: DbSession, wanted: RunIn) -> RunDetail:
    """Do one thing on many devices: one action each, all or none. Who cannot do it is left out and said."""
    if wanted.expires_in_s is not None:
        expires_in = timedelta(seconds=wanted.expires_in_s)
    else:
        tenant = await session.get_one(Tenant, runner.tenant_id)
        expires_in = timedelta(days=tenant.action_expiry_days)
    run_id = await service.start(session, wanted, may=runner.may, expires_in=expires_in)
    return await queries.get(session, run_id)


@router.post("/runs:preview")
async def preview_run(runner: Runner, session: ReadSession, wanted: RunIn) -> Preview:
    """Who would do it: how many, online, offline, and who cannot. Changes nothing."""
    return await service.preview(session, wanted, may=runner.may)


@router.get("/runs/{run_id}")
async def get_run(_reader: Reader, session: ReadSession, run_id: UUID) -> RunDetail:
    """One run: how far it is, and what failed. Its actions are in `GET /actions?filter[batch_id]=…`."""
    return await queries.get(session, run_id)


@router.get("/runs/{run_id}/grid")
async def get_run_grid(_reader: Reader, session: ReadSession, run_id: UUID, *, names: Names = True) -> Grid:
    """Where each device of a run is, in its order."""
    return await queries.grid(session, run_id, names=names)


@router.get("/runs/{run_id}/order")
async def get_run_order(_runner: Runner, session: ReadSession, run_id: UUID) -> RunIn:
    """What was asked for: send it to `POST /runs` to do it again."""
    return await queries.order_of(session, run_id)


@router.post("/runs/{run_id}/cancel")
async def cancel_run(_canceller: Canceller, session: DbSession, run_id: UUID) -> RunDetail:
    """Call a run off: what waits at once, what has begun through its device."""
    await service.cancel(session, run_id)
    return await queries.get(session, run_id)


@router.post("/runs/{run_id}/retry", status_code=201)
async def retry_run(runner: Runner, session: DbSession, run_id: UUID, wanted: RunRetry | None = None) -> RunDetail:
    """The same once more on the devices where it failed: a new run."""
    return await queries.get(session, await service.retry(session, run_id, wanted or RunRetry(), may=runner.may))
