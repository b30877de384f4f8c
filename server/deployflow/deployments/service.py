"""The rules of a run once it is there: fail, retry, abort. It begins in `entry`; reports are kept in `reporting`."""

from contextlib import suppress
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload, undefer

from deployflow.actions import service as actions
from deployflow.actions.errors import ActionEnded, ActionNotFound
from deployflow.deployments import first_boot, plans
from deployflow.deployments.announcing import announce, wake_machines
from deployflow.deployments.errors import DeploymentNotFound, StepWrong
from deployflow.deployments.facts import MachineFacts
from deployflow.deployments.models import Deployment
from deployflow.deployments.states import Event, State, advance
from deployflow.enrollment.bound import revoke_tokens
from deployflow.platform import clock, trail
from deployflow.platform.context import Actor, Context
from deployflow.platform.errors import PreconditionFailed

ARMED_BY_RETRY = timedelta(hours=8)


async def locked(session: AsyncSession, deployment_id: UUID) -> Deployment:
    """A deployment in full, for a change.

    Raises:
        DeploymentNotFound: 404.
    """
    row = await session.scalar(
        select(Deployment)
        .where(Deployment.id == deployment_id)
        .options(undefer(Deployment.frozen), selectinload(Deployment.steps), selectinload(Deployment.device))
        .with_for_update(of=Deployment)
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise DeploymentNotFound
    return row


async def fail(session: AsyncSession, deployment: Deployment, code: str, message: str) -> None:
    """It cannot go on; people may retry it."""
    advance(deployment, Event.FAIL)
    deployment.error_code, deployment.error_message = code[:64], message[:2000]
    deployment.reason = None
    clear_progress(deployment)
    if deployment.consumed_at is None:
        await revoke_tokens(session, deployment.id)
    announce(session, deployment)


async def ask_again(session: AsyncSession, deployment: Deployment) -> None:
    """Its machine is back with a key that nobody let in: a person has to look."""
    advance(deployment, Event.START_ANEW)
    deployment.reason = "The machine started anew: compare the code on its screen and approve it again"
    clear_progress(deployment)
    announce(session, deployment)


async def retry(
    session: AsyncSession, deployment_id: UUID, *, position: int | None, expected: int | None
) -> Deployment:
    """Once more from a step. The machine, whether it waits with a new code or is started again, is let in by itself.

    Raises:
        DeploymentNotFound: 404.
        DeploymentStateWrong: 409, when it did not fail, or its disk is done and the step is one that works on it.
        StepWrong: 422, for a step beyond the one that failed.
    """
    deployment = await locked(session, deployment_id)
    require_changes(deployment, expected)
    in_os = deployment.consumed_at is not None
    event = Event.RETRY_IN_OS if in_os else Event.RETRY
    phase = "os" if in_os else "boot"
    if deployment.frozen is not None:
        first = plans.first_open(deployment, phase)
        position = first if position is None else position
        fitting = [step.position for step in plans.of_phase(deployment, phase) if step.position <= first]
        if deployment.state == State.FAILED and position not in fitting:
            raise StepWrong(_which_step(fitting, in_os=in_os))
    advance(deployment, event)
    actor: Actor = session.info["context"].actor
    deployment.error_code = deployment.error_message = deployment.abort_requested_by = None
    clear_progress(deployment)
    plans.start_over(deployment, position or 0)
    if in_os:
        await first_boot.finish_in_os(session, deployment, from_position=position or 0)
    else:
        deployment.session_id = None
        deployment.resume_at = position or 0
        deployment.starts = 0
        deployment.armed_until = clock.now() + ARMED_BY_RETRY
        deployment.match = MachineFacts.model_validate(deployment.machine).telling()
        deployment.networks = []
        deployment.last_report_at = None
        deployment.approved_at = clock.now()
        deployment.reason = "Waits for its machine: leave it on, or start it from the network again"
        await revoke_tokens(session, deployment.id)
        wake_machines(session, deployment)
    trail.note(
        session,
        "deployment.retried",
        target_type="deployment",
        target_id=deployment.id,
        target_name=deployment.title,
        changes={"from": (None, position), "by": (None, actor.name)},
    )
    announce(session, deployment)
    return deployment


async def abort(session: AsyncSession, deployment_id: UUID, *, expected: int | None) -> Deployment:
    """Stop it. A machine at work hears of it with its next report.

    Raises:
        DeploymentNotFound: 404.
        DeploymentStateWrong: 409, when it has ended.
    """
    deployment = await locked(session, deployment_id)
    require_changes(deployment, expected)
    context: Context = session.info["context"]
    was = deployment.state
    await stop(session, deployment, by=context.actor.name)
    if was == State.RUNNING:
        deployment.reason = f"Aborted by {context.actor.name}; the machine has not confirmed it yet"[:500]
    trail.note(
        session,
        "deployment.aborted",
        target_type="deployment",
        target_id=deployment.id,
        target_name=deployment.title,
        changes={"state": (str(was), str(deployment.state))},
    )
    return deployment


async def deny(session: AsyncSession, deployment: Deployment) -> None:
    """The machine that came back for it was refused."""
    advance(deployment, Event.DENY)
    deployment.reason = "The machine that came back for it was refused"
    announce(session, deployment)


def require_changes(deployment: Deployment, expected: int | None) -> None:
    """Refuse the write when the row has moved on.

    Raises:
        PreconditionFailed: 412.
    """
    if expected is not None and deployment.changes != expected:
        raise PreconditionFailed


def clear_progress(deployment: Deployment) -> None:
    """No step runs."""
    deployment.position = deployment.percent = deployment.progress_text = None
    deployment.bytes_done = deployment.bytes_total = deployment.bytes_per_s = None


async def stop(session: AsyncSession, deployment: Deployment, *, by: str) -> None:
    """End it, and what it has queued or handed out."""
    advance(deployment, Event.ABORT)
    deployment.abort_requested_by = by[:255]
    deployment.reason = f"Aborted by {by}"[:500]
    clear_progress(deployment)
    await revoke_tokens(session, deployment.id)
    if deployment.action_id is not None:
        with suppress(ActionEnded, ActionNotFound):
            await actions.call_off(session, deployment.action_id)
    announce(session, deployment)
    wake_machines(session, deployment)


def _which_step(fitting: list[int], *, in_os: bool) -> str:
    if not fitting:
        return "There is no step to go on from"
    where = (
        "The disk of this deployment is done, so only steps of the installed system can be retried: " if in_os else ""
    )
    return f"{where}give a position from {fitting[0]} to {fitting[-1]}, which is the step that is to be done next"
