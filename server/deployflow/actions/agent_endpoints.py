"""`POST /agent/v1/reports`: what happened on a device; and the files that its actions name.

The route of the reports describes it, and `ReportsEndpoint` answers it without FastAPI's dependencies, exit stacks and
copies of the body: with them an action for all of 10,000 devices takes half as long again.
"""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Response
from starlette.types import Receive, Scope, Send

from deployflow.actions import queries
from deployflow.actions.reporting import Reporting
from deployflow.actions.schemas import ReportResult, Reports, ReportsAnswer
from deployflow.devices.access import ApprovedDevice, Gate, SignedBody, become, read_signed, refuse_pending, validate
from deployflow.platform.db import ReadSession
from deployflow.platform.downloads import ContentResponse
from deployflow.platform.express import ClientGone, pieces, send_json
from deployflow.platform.pacing import Paces
from deployflow.platform.runtime import CurrentRuntime, Runtime

Sha256 = Annotated[str, Path(pattern="^[0-9a-f]{64}$")]
PATH = "/agent/v1/reports"
router = APIRouter(tags=["agent"])


@router.post("/reports")
async def report(
    device: ApprovedDevice, sent: Annotated[Reports, SignedBody(Reports)], runtime: CurrentRuntime
) -> ReportsAnswer:
    """Keep what happened, in order, and acknowledge each report."""
    receipt = await runtime.part(Reporting).take(device.id, sent.reports)
    return ReportsAnswer(results=[ReportResult(outcome=outcome) for outcome in receipt.outcomes], cancel=receipt.cancel)


@router.head("/actions/{action_id}/content/{sha256}", include_in_schema=False)
@router.get("/actions/{action_id}/content/{sha256}", response_class=Response)
async def fetch_action_content(
    device: ApprovedDevice, session: ReadSession, runtime: CurrentRuntime, action_id: UUID, sha256: Sha256
) -> Response:
    """A file that an action of this device names, whole or in ranges, for as long as the action is not at its end."""
    content = await queries.content_of(session, device.id, action_id, sha256)
    return ContentResponse(runtime, content, pace=runtime.part(Paces).of(device.id))


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
