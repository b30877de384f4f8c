"""`POST /agent/v1/deployments/{id}/reports`: what the steps of the installed system do."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter

from deployflow.deployments import reporting, service
from deployflow.deployments.errors import DeploymentNotFound
from deployflow.deployments.progress import Progress
from deployflow.deployments.reports import DeploymentReportResult, DeploymentReports, DeploymentReportsAnswer
from deployflow.devices.access import ApprovedDevice, SignedBody
from deployflow.platform.db import DbSession
from deployflow.platform.runtime import CurrentRuntime

router = APIRouter(tags=["agent"])


@router.post("/deployments/{deployment_id}/reports")
async def report_deployment(
    device: ApprovedDevice,
    sent: Annotated[DeploymentReports, SignedBody(DeploymentReports)],
    session: DbSession,
    runtime: CurrentRuntime,
    deployment_id: UUID,
) -> DeploymentReportsAnswer:
    """Keep what happened in the installed system, in order, and acknowledge each report."""
    deployment = await service.locked(session, deployment_id)
    if deployment.device_id != device.id:
        raise DeploymentNotFound
    outcomes, deployment.os_seq = await reporting.record(
        session, runtime.part(Progress), deployment, sent.reports, phase="os", next_seq=deployment.os_seq
    )
    return DeploymentReportsAnswer(
        results=[DeploymentReportResult(outcome=outcome) for outcome in outcomes],
        command=reporting.command(deployment.state),
    )
