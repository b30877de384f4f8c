"""`POST /agent/v1/reports`: what happened on a device."""

from typing import Annotated

from fastapi import APIRouter

from deployflow.actions import reporting
from deployflow.actions.schemas import ReportResult, Reports, ReportsAnswer
from deployflow.devices.access import ApprovedDevice, SignedBody
from deployflow.platform.db import DbSession
from deployflow.platform.runtime import CurrentRuntime

router = APIRouter(tags=["agent"])


@router.post("/reports")
async def report(
    device: ApprovedDevice,
    sent: Annotated[Reports, SignedBody(Reports)],
    session: DbSession,
    runtime: CurrentRuntime,
) -> ReportsAnswer:
    """Keep what happened, in order, and acknowledge each report."""
    outcomes, cancel = await reporting.record(session, device.id, sent.reports, lease=runtime.settings.lease)
    return ReportsAnswer(results=[ReportResult(outcome=outcome) for outcome in outcomes], cancel=cancel)
