"""The installed system: its agent enrolls by the planted token, and the steps that are left become an action."""

from datetime import timedelta

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload, undefer

from deployflow.actions import service as actions
from deployflow.actions.models import Action
from deployflow.actions.states import Status
from deployflow.deployments import plans
from deployflow.deployments.announcing import announce
from deployflow.deployments.models import Deployment
from deployflow.deployments.states import Event, State, advance
from deployflow.devices.models import Device
from deployflow.enrollment.models import EnrollmentToken
from deployflow.platform import clock
from deployflow.platform.context import Actor, Context

log = structlog.get_logger(__name__)

KIND = "finish_deployment"
INTERNAL = "deployments:queue"
"""No role allows it: the action is queued by deployments alone."""
# The machine was there a moment ago. If it stays away for a week, somebody has to look.
EXPIRES_IN = timedelta(days=7)
ENDED_SO = {
    Status.FAILED: "os_failed",
    Status.TIMED_OUT: "timed_out",
    Status.INTERRUPTED: "interrupted",
    Status.EXPIRED: "machine_lost",
}


async def on_enrolled(session: AsyncSession, token: EnrollmentToken, device: Device) -> None:
    """The agent that a deployment planted is there."""
    if token.bound_deployment_id is None:
        return
    deployment = await session.scalar(
        select(Deployment)
        .where(Deployment.id == token.bound_deployment_id)
        .options(undefer(Deployment.frozen), selectinload(Deployment.steps))
        .with_for_update(of=Deployment)
    )
    if deployment is None:
        return
    now = clock.now()
    deployment.enrolled_at = now
    if deployment.state == State.RUNNING:
        # Its last report was lost, and the system could only start because all of it was done.
        for step in plans.of_phase(deployment, "boot"):
            if not plans.is_done(deployment, step):
                step.state, step.finished_at = "succeeded", now
        advance(deployment, Event.IMAGED)
    if deployment.state != State.AWAITING_FIRST_BOOT:
        log.info("enrolled_after_its_deployment", deployment_id=str(deployment.id), state=str(deployment.state))
        return
    deployment.reason = None
    if plans.of_phase(deployment, "os"):
        advance(deployment, Event.ENROLLED)
        await finish_in_os(session, deployment, from_position=0)
    else:
        advance(deployment, Event.SUCCEED)
    log.info("deployment_enrolled", deployment_id=str(deployment.id), device_id=str(device.id))
    announce(session, deployment)


async def finish_in_os(session: AsyncSession, deployment: Deployment, *, from_position: int) -> None:
    """Queue the steps of the installed system, from one on."""
    assert deployment.device_id is not None
    deployment.os_seq = 0
    context: Context = session.info["context"]
    actor, tenant_id = context.actor, context.tenant_id
    context.actor = Actor(type="system", id=None, name=f"the deployment of '{deployment.profile_name}'"[:200])
    context.tenant_id = deployment.tenant_id
    try:
        order = await actions.queue(
            session,
            device_ids=[deployment.device_id],
            kind=KIND,
            payload={"deployment_id": str(deployment.id), "from_position": from_position},
            may=lambda permission: permission == INTERNAL,
            expires_in=EXPIRES_IN,
            noted=False,
        )
    finally:
        context.actor, context.tenant_id = actor, tenant_id
    deployment.action_id = order.items[0].id


async def on_finished(session: AsyncSession, action: Action) -> None:
    """The action ended, or its end was corrected."""
    deployment = await session.scalar(
        select(Deployment)
        .where(Deployment.action_id == action.id)
        .options(undefer(Deployment.frozen), selectinload(Deployment.steps))
        .with_for_update(of=Deployment)
    )
    if deployment is None:
        return
    if action.status == Status.SUCCEEDED:
        if deployment.state == State.FINISHING:
            advance(deployment, Event.SUCCEED)
        elif deployment.state == State.FAILED:
            advance(deployment, Event.CORRECT)
        else:
            return
        deployment.error_code = deployment.error_message = deployment.reason = None
    elif deployment.state == State.FINISHING:
        if action.status == Status.CANCELLED:
            advance(deployment, Event.ABORT)
            deployment.reason = f"Its action was cancelled by {action.cancel_requested_by or 'somebody'}"[:500]
        else:
            advance(deployment, Event.FAIL)
            deployment.error_code, deployment.error_message = _why(deployment, action)
    else:
        return
    deployment.position = deployment.percent = deployment.progress_text = None
    deployment.bytes_done = deployment.bytes_total = deployment.bytes_per_s = None
    announce(session, deployment)


def _why(deployment: Deployment, action: Action) -> tuple[str, str]:
    """What failed: the step's own words say more than those of the action around it."""
    failed = next((step for step in plans.of_phase(deployment, "os") if step.state == "failed"), None)
    if action.status == Status.FAILED and failed is not None and failed.error_code is not None:
        return failed.error_code, f"{failed.name}: {failed.error_message or ''}"[:2000]
    said = action.error_message or "The steps of the installed system did not end well"
    return action.error_code or ENDED_SO.get(action.status, "os_failed"), said
