"""`POST /agent/v1/reports`: what happened on a device."""

from typing import Annotated

from fastapi import APIRouter

from deployflow.actions.reporting import Reporting
from deployflow.actions.schemas import ReportResult, Reports, ReportsAnswer
from deployflow.devices.access import ApprovedDevice, SignedBody
from deployflow.platform.runtime import CurrentRuntime

router = APIRouter(tags=["agent"])


@router.post("/reports")
async def report(
    device: ApprovedDevice, sent: Annotated[Reports, SignedBody(Reports)], runtime: CurrentRuntime
) -> ReportsAnswer:
    """Keep what happened, in order, and acknowledge each report."""
    receipt = await runtime.part(Reporting).take(device.id, sent.reports)
    return ReportsAnswer(results=[ReportResult(outcome=outcome) for outcome in receipt.outcomes], cancel=receipt.cancel)
