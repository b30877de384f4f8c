"""`POST /agent/v1/reports`: what happened on a device.

The route describes it, and `ReportsEndpoint` answers it without FastAPI's dependencies, exit stacks and copies of the
body: with them an action for all of 10,000 devices takes half as long again.
"""

from typing import Annotated

from fastapi import APIRouter
from starlette.types import Receive, Scope, Send

from deployflow.actions.reporting import Reporting
from deployflow.actions.schemas import ReportResult, Reports, ReportsAnswer
from deployflow.devices.access import ApprovedDevice, Gate, SignedBody, become, read_signed, refuse_pending, validate
from deployflow.platform.express import ClientGone, pieces, send_json
from deployflow.platform.runtime import CurrentRuntime, Runtime

PATH = "/agent/v1/reports"
router = APIRouter(tags=["agent"])


@router.post("/reports")
async def report(
    device: ApprovedDevice, sent: Annotated[Reports, SignedBody(Reports)], runtime: CurrentRuntime
) -> ReportsAnswer:
    """Keep what happened, in order, and acknowledge each report."""
    receipt = await runtime.part(Reporting).take(device.id, sent.reports)
    return ReportsAnswer(results=[ReportResult(outcome=outcome) for outcome in receipt.outcomes], cancel=receipt.cancel)


class ReportsEndpoint:
    """The same as a plain ASGI application. Problems that it raises are answered by the app's handlers."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        runtime: Runtime = scope["app"].state.runtime
        try:
            device, body = await read_signed(scope, pieces(receive), runtime.part(Gate).authenticate)
        except ClientGone:
            return
        become(scope["state"]["context"], device)
        refuse_pending(device)
        answer = await report(device, validate(Reports, body), runtime)
        await send_json(send, answer.model_dump_json().encode())
