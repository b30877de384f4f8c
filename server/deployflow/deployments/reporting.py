"""What machines say happened. Every report is kept before it is acknowledged; one that comes again is harmless."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from deployflow.deployments import plans, service
from deployflow.deployments.announcing import announce
from deployflow.deployments.facts import MachineFacts
from deployflow.deployments.models import Deployment, DeploymentLog, DeploymentStep
from deployflow.deployments.progress import Progress
from deployflow.deployments.reports import (
    Outcome,
    PhaseFinished,
    Printed,
    Progressed,
    Report,
    RescueLog,
    StepFinished,
    StepStarted,
)
from deployflow.deployments.states import Event, State, advance
from deployflow.platform import clock

Phase = Literal["boot", "os"]
WORKS_IN: dict[Phase, State] = {"boot": State.RUNNING, "os": State.FINISHING}
# A server with much memory counts it for minutes.
BACK_WITHIN = timedelta(minutes=30)
LOG_LIMIT_BYTES = 8 * 1024 * 1024
# Beside it, so that what explains a failure is kept even when a step printed without end.
RESCUE_LIMIT_BYTES = 16 * 1024 * 1024
CUT_MARK = "The server keeps no more than {limit} bytes of a deployment's output: the rest was dropped.\n"


def is_kept(report: Report) -> bool:
    """Whether it goes to the database before it is acknowledged."""
    return not isinstance(report, Progressed)


def command(deployment_state: str) -> Literal["abort"] | None:
    """What a machine at work should do."""
    return "abort" if deployment_state in {State.ABORTED, State.FAILED, State.DENIED, State.EXPIRED} else None


def note_progress(
    progress: Progress, tenant_id: UUID, deployment_id: UUID, reports: Sequence[Report], *, next_seq: int
) -> list[Outcome]:
    """Take reports of which none has to be kept."""
    progress.is_alive(deployment_id)
    outcomes: list[Outcome] = []
    for report in reports:
        assert isinstance(report, Progressed)
        if report.seq < next_seq:
            outcomes.append("duplicate")
            continue
        progress.note(tenant_id, deployment_id, report)
        outcomes.append("accepted")
    return outcomes


async def record(
    session: AsyncSession,
    progress: Progress,
    deployment: Deployment,
    reports: Sequence[Report],
    *,
    phase: Phase,
    next_seq: int,
) -> tuple[list[Outcome], int]:
    """Keep what the machine of a locked deployment reports, in order. Gives the outcomes and the next number."""
    outcomes: list[Outcome] = []
    for report in reports:
        if report.seq < next_seq:
            outcomes.append("duplicate")
            continue
        if isinstance(report, Progressed):
            progress.note(deployment.tenant_id, deployment.id, report)
            outcomes.append("accepted")
            continue
        next_seq = report.seq + 1
        outcomes.append(await _one(session, progress, deployment, report, phase))
    progress.is_alive(deployment.id)
    deployment.last_report_at = clock.now()
    announce(session, deployment)
    return outcomes, next_seq


async def _one(
    session: AsyncSession, progress: Progress, deployment: Deployment, report: Report, phase: Phase
) -> Outcome:
    if isinstance(report, Printed | RescueLog):
        _keep_text(session, deployment, report)
        return "accepted"
    if isinstance(report, PhaseFinished):
        return await _phase_finished(session, progress, deployment, report, phase)
    assert isinstance(report, StepStarted | StepFinished)
    step = next((one for one in deployment.steps if one.position == report.position and one.phase == phase), None)
    # One that is over may still say how its last step ended.
    if step is None or (deployment.state != WORKS_IN[phase] and isinstance(report, StepStarted)):
        return "stale"
    if isinstance(report, StepStarted):
        return _step_started(progress, deployment, step, report)
    return _step_finished(progress, deployment, step, report, phase)


def _step_started(progress: Progress, deployment: Deployment, step: DeploymentStep, report: StepStarted) -> Outcome:
    step.state = "running"
    step.starts += 1
    step.attempt = report.attempt
    step.started_at = _believable(report.at, deployment)
    step.finished_at = step.error_code = step.error_message = None
    progress.forget(deployment.id)
    service.clear_progress(deployment)
    deployment.position = step.position
    deployment.changes += 1
    return "accepted"


def _step_finished(
    progress: Progress, deployment: Deployment, step: DeploymentStep, report: StepFinished, phase: Phase
) -> Outcome:
    if step.state not in {"running", "pending"}:
        return "stale"
    step.state = report.outcome
    step.attempt = max(step.attempt, report.attempt)
    step.finished_at = _believable(report.at, deployment)
    step.error_code = report.error.code if report.error else None
    step.error_message = report.error.message if report.error else None
    if deployment.state == WORKS_IN[phase] and report.variables:
        deployment.variables = deployment.variables | report.variables
    progress.forget(deployment.id)
    if deployment.position == step.position:
        service.clear_progress(deployment)
        deployment.position = step.position
    deployment.changes += 1
    if phase == "boot" and report.outcome == "succeeded" and deployment.state == State.RUNNING:
        _expect_back(deployment, step)
    return "accepted"


def _expect_back(deployment: Deployment, step: DeploymentStep) -> None:
    """A planned restart into the boot environment: the machine comes back with a new key and is let in by itself."""
    assert deployment.frozen is not None
    if step.type != "reboot" or deployment.frozen["tasks"][step.position]["configuration"]["to"] != "environment":
        return
    deployment.session_id = None
    deployment.resume_at = step.position + 1
    deployment.starts -= 1
    deployment.match = MachineFacts.model_validate(deployment.machine).telling()
    deployment.armed_until = max(deployment.armed_until or clock.now(), clock.now() + BACK_WITHIN)
    deployment.reason = "The machine restarts into the boot environment"


async def _phase_finished(
    session: AsyncSession, progress: Progress, deployment: Deployment, report: PhaseFinished, phase: Phase
) -> Outcome:
    progress.forget(deployment.id)
    if report.phase != phase:
        return "stale"
    if deployment.state == State.ABORTED:
        deployment.reason = f"Aborted by {deployment.abort_requested_by or 'somebody'}"[:500]
        deployment.changes += 1
        return "accepted"
    # In the installed system the action around it has the last word.
    if phase == "os" or deployment.state != State.RUNNING:
        return "accepted" if phase == "os" else "stale"
    if report.outcome == "failed":
        code, message = _why(deployment, report)
        await service.fail(session, deployment, code, message)
        return "accepted"
    left = [step for step in plans.of_phase(deployment, "boot") if not plans.is_done(deployment, step)]
    if left:
        names = ", ".join(f"'{step.name}'" for step in left[:3])
        await service.fail(
            session,
            deployment,
            "steps_missing",
            f"The machine said that it was done, and never reported the end of {names}: look at the log, and retry",
        )
        return "accepted"
    assert deployment.frozen is not None
    service.clear_progress(deployment)
    if deployment.frozen["brings_agent"]:
        advance(deployment, Event.IMAGED)
        deployment.reason = "Waits for the installed system to start and enroll"
    else:
        advance(deployment, Event.SUCCEED)
    return "accepted"


def _why(deployment: Deployment, report: PhaseFinished) -> tuple[str, str]:
    """The step that failed, in its own words."""
    failed = next(
        (
            step
            for step in plans.of_phase(deployment, "boot")
            if not plans.is_done(deployment, step) and step.error_code
        ),
        None,
    )
    if failed is not None and failed.error_code is not None:
        return failed.error_code, f"{failed.name}: {failed.error_message or ''}"
    if report.error is not None:
        return report.error.code, report.error.message
    return "boot_failed", "The machine gave up and did not say why: look at the log"


def _keep_text(session: AsyncSession, deployment: Deployment, report: Printed | RescueLog) -> None:
    text, size = report.text, len(report.text.encode())
    rescue = isinstance(report, RescueLog)
    limit = LOG_LIMIT_BYTES + (RESCUE_LIMIT_BYTES if rescue else 0)
    if deployment.log_bytes + size > limit:
        if deployment.log_bytes > limit:
            return
        text = CUT_MARK.format(limit=limit)
    deployment.log_bytes += size
    deployment.log_number += 1
    session.add(
        DeploymentLog(
            deployment_id=deployment.id,
            tenant_id=deployment.tenant_id,
            number=deployment.log_number,
            position=None if isinstance(report, RescueLog) else report.position,
            name=report.name if isinstance(report, RescueLog) else None,
            at=_believable(report.at, deployment),
            stream="rescue" if isinstance(report, RescueLog) else report.stream,
            text=text,
        )
    )


def _believable(at: datetime, deployment: Deployment) -> datetime:
    """The machine's time, as far as it lies between the approval and now: its clock may be wrong."""
    now = clock.now()
    return max(deployment.approved_at or deployment.created_at, min(at, now))
