"""Routes of `/api/v1/deployments`, and of the passwords that they made."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Response
from sqlalchemy.ext.asyncio import AsyncSession

from deployflow.deployments import arming, credentials, queries, service
from deployflow.deployments.facts import place_of
from deployflow.deployments.models import Deployment
from deployflow.deployments.schemas import (
    ArmIn,
    ArmManyIn,
    ArmManyOut,
    DeploymentDetail,
    DeploymentLogPage,
    DeploymentOut,
    DeploymentStepOut,
    DeploymentSummary,
    DevicePasswordOut,
    RetryIn,
    RevealIn,
)
from deployflow.identity.access import Principal, Requires
from deployflow.platform.db import DbSession, ReadSession
from deployflow.platform.paging import Listing, Page
from deployflow.platform.preconditions import ExpectedVersion, set_etag
from deployflow.platform.runtime import CurrentRuntime

router = APIRouter(tags=["deployments"])

MAX_LOG_PAGE = 1000
Reader = Annotated[Principal, Requires("deployments:read")]
Writer = Annotated[Principal, Requires("deployments:write")]
DeploymentId = Annotated[UUID, Path(description="The deployment")]


@router.get("/deployments")
async def list_deployments(_reader: Reader, session: ReadSession, params: Listing) -> Page[DeploymentOut]:
    """List deployments, the newest first. `q` looks in computer name, profile, site, serial, model and MAC address."""
    return await queries.page(session, params)


@router.get("/deployments/summary")
async def read_deployment_summary(_reader: Reader, session: ReadSession) -> DeploymentSummary:
    """How many are prepared, at work, waiting, and how today's ended."""
    return await queries.summary(session)


@router.post("/deployments", status_code=201)
async def arm_deployment(writer: Writer, session: DbSession, response: Response, wanted: ArmIn) -> DeploymentDetail:
    """Prepare a machine: when it next starts from the network, it deploys without being asked. Once."""
    deployment = await arming.arm(session, writer, wanted, await place_of(session, wanted.site_id))
    return await _detail(session, response, deployment.id)


@router.post("/deployments:batch")
async def arm_deployments(writer: Writer, session: DbSession, wanted: ArmManyIn) -> ArmManyOut:
    """Prepare many machines at once; each has its own result. Beyond ten in an hour, with the password given again."""
    place = await place_of(session, wanted.site_id)
    return ArmManyOut(results=await arming.arm_many(session, writer, wanted, place))


@router.get("/deployments/{deployment_id}")
async def read_deployment(
    deployment_id: DeploymentId, _reader: Reader, session: ReadSession, response: Response
) -> DeploymentDetail:
    """One deployment with its steps and what its machine said of itself."""
    return await _detail(session, response, deployment_id)


@router.get("/deployments/{deployment_id}/steps")
async def list_deployment_steps(
    deployment_id: DeploymentId, _reader: Reader, session: ReadSession
) -> list[DeploymentStepOut]:
    """The steps in their order, with times and errors; none before a machine was let in."""
    return await queries.steps(session, deployment_id)


@router.get("/deployments/{deployment_id}/log")
async def read_deployment_log(
    deployment_id: DeploymentId,
    _reader: Reader,
    session: ReadSession,
    after: Annotated[int, Query(ge=0, description="The last number that was read")] = 0,
    limit: Annotated[int, Query(ge=1, le=MAX_LOG_PAGE)] = 200,
    position: Annotated[int | None, Query(ge=0, description="Of one step only")] = None,
) -> DeploymentLogPage:
    """The next piece of output: of the steps, of the engine, and the rescue log of a failure."""
    return await queries.log_page(session, deployment_id, after=after, limit=limit, position=position)


@router.post("/deployments/{deployment_id}/retry")
async def retry_deployment(
    deployment_id: DeploymentId,
    _writer: Writer,
    session: DbSession,
    response: Response,
    expected: ExpectedVersion,
    wanted: RetryIn,
) -> DeploymentDetail:
    """Go on with a failed deployment from a step. Its machine is let in by itself; its disk is never done twice."""
    await service.retry(session, deployment_id, position=wanted.position, expected=expected)
    return await _detail(session, response, deployment_id)


@router.post("/deployments/{deployment_id}/abort")
async def abort_deployment(
    deployment_id: DeploymentId,
    _writer: Writer,
    session: DbSession,
    response: Response,
    expected: ExpectedVersion,
) -> DeploymentDetail:
    """Stop a deployment, whatever it is at. A machine at work hears of it within seconds."""
    await service.abort(session, deployment_id, expected=expected)
    return await _detail(session, response, deployment_id)


@router.post("/devices/{device_id}/reveal-password")
async def reveal_device_password(
    device_id: UUID,
    _person: Annotated[Principal, Requires("deployments:reveal", step_up=True)],
    session: DbSession,
    runtime: CurrentRuntime,
    response: Response,
    asked: RevealIn,
) -> DevicePasswordOut:
    """The local administrator's password that a deployment made. Asking is on the trail, with its reason."""
    response.headers["Cache-Control"] = "no-store"
    return await credentials.reveal(runtime, session, device_id, reason=asked.reason)


async def _detail(session: AsyncSession, response: Response, deployment_id: UUID) -> DeploymentDetail:
    await session.flush()
    row = await queries.get(session, deployment_id)
    set_etag(response, row.version)
    return _shaped(row)


def _shaped(row: Deployment) -> DeploymentDetail:
    return DeploymentDetail(
        **DeploymentDetail.fields_of(row),
        steps=[DeploymentStepOut.model_validate(step) for step in row.steps],
        facts=row.machine,
        variables=row.variables,
        session_id=row.session_id,
        action_id=row.action_id,
        match=row.match,
        networks=row.networks,
    )
