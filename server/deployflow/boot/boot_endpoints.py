"""`/boot/v1` for machines with a session: begin, wait, PIN, reports, secrets, content. Signed by the session's key."""

import asyncio
import base64
import binascii
from pathlib import Path
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response

from deployflow.boot import content as contents
from deployflow.boot import held, hpke, pins, sessions, ways
from deployflow.boot.access import BootBody, CurrentBootSession, OpenBootSession, SessionLimits, prove_possession
from deployflow.boot.codes import nonce_text
from deployflow.boot.errors import SessionNotFound, SessionOver
from deployflow.boot.files import FileAnswer
from deployflow.boot.session_schemas import (
    BootPinIn,
    BootSecretIn,
    BootSecretOut,
    BootSessionIn,
    BootSessionMade,
    BootWaitIn,
    BootWaitOut,
)
from deployflow.boot.states import OVER, SessionState
from deployflow.deployments import credentials, reporting, service
from deployflow.deployments.errors import DeploymentNotFound
from deployflow.deployments.progress import Progress
from deployflow.deployments.reports import (
    DeploymentReportResult,
    DeploymentReports,
    DeploymentReportsAnswer,
    Outcome,
    PhaseFinished,
)
from deployflow.devices import signatures
from deployflow.devices.access import validate
from deployflow.identity.access import Public
from deployflow.platform import clock
from deployflow.platform.context import Actor
from deployflow.platform.downloads import ContentResponse
from deployflow.platform.errors import Invalid
from deployflow.platform.runtime import CurrentRuntime

router = APIRouter(tags=["boot"])


@router.post("/sessions", status_code=201)
async def begin_boot_session(
    _open: Annotated[None, Public("the key in the body signs the request; what it may do is decided later")],
    request: Request,
    response: Response,
    runtime: CurrentRuntime,
) -> BootSessionMade:
    """Begin a session with a key of the machine's own. 200 when this key has one."""
    context = request.state.context
    runtime.part(SessionLimits).count(context.ip)
    body = await request.body()
    asked = validate(BootSessionIn, body)
    spki, key = _public_key(asked.public_key)
    signed = await prove_possession(request, spki, key, body)
    context.actor = Actor(type="device", id=None, name=asked.facts.title[:200])
    secure = ways.is_secure(request, runtime.settings)
    begun = await sessions.begin(runtime.db, context, asked, spki, signed, secure=secure)
    if not begun.is_new:
        response.status_code = 200
    state = begun.row.state
    if begun.is_new and await held.admit(runtime, context, begun.row.id):
        state = SessionState.APPROVED
    return BootSessionMade(
        session_id=begun.row.id,
        nonce=nonce_text(begun.row.nonce),
        state=state,
        site_name=begun.site_name,
        profile_name=begun.profile_name,
        server_time=clock.now(),
    )


@router.post("/sessions/{session_id}/wait")
async def wait_in_boot_session(
    current: CurrentBootSession,
    asked: Annotated[BootWaitIn, BootBody(BootWaitIn)],
    request: Request,
    runtime: CurrentRuntime,
    session_id: UUID,
) -> BootWaitOut:
    """Wait until something changes: held up to `max_wait_s`. Once approved, the plan and its signature."""
    _require_own(current.id, session_id)
    return await held.wait(runtime, request, current, seconds=asked.max_wait_s)


@router.post("/sessions/{session_id}/pin")
async def enter_boot_pin(
    current: OpenBootSession,
    given: Annotated[BootPinIn, BootBody(BootPinIn)],
    request: Request,
    runtime: CurrentRuntime,
    session_id: UUID,
) -> BootWaitOut:
    """A technician's PIN, sealed to the server. Five wrong ones end the session."""
    _require_own(current.id, session_id)
    await pins.enter(runtime, request.state.context, current, given)
    return await held.look(runtime, request, current)


@router.post("/deployments/{deployment_id}/reports")
async def report_boot_deployment(
    current: CurrentBootSession,
    sent: Annotated[DeploymentReports, BootBody(DeploymentReports)],
    request: Request,
    runtime: CurrentRuntime,
    deployment_id: UUID,
) -> DeploymentReportsAnswer:
    """Keep what happened, in order, and acknowledge each report. An empty list is a sign of life."""
    if current.deployment_id != deployment_id:
        raise DeploymentNotFound
    if current.state in OVER or not current.is_current:
        # Its last reports may come again, because their answer was lost.
        if not sent.reports or any(report.seq >= current.seq for report in sent.reports):
            raise SessionOver(current.reason)
        return _answer(["duplicate"] * len(sent.reports), current.deployment_state or "")
    progress = runtime.part(Progress)
    if not any(reporting.is_kept(report) for report in sent.reports):
        outcomes = reporting.note_progress(
            progress, current.tenant_id, deployment_id, sent.reports, next_seq=current.seq
        )
        return _answer(outcomes, current.deployment_state or "")
    async with runtime.db.write(request.state.context) as session:
        # The deployment first, as whoever lets another session take its place has it.
        deployment = await service.locked(session, deployment_id)
        row = await sessions.locked(session, current.id)
        if row.state in OVER or deployment.session_id != row.id:
            raise SessionOver(row.reason)
        outcomes, row.seq = await reporting.record(
            session, progress, deployment, sent.reports, phase="boot", next_seq=row.seq
        )
        sessions.prolong(row)
        if any(
            isinstance(report, PhaseFinished) and outcome != "duplicate"
            for report, outcome in zip(sent.reports, outcomes, strict=True)
        ):
            sessions.end(session, row, deployment.error_message or deployment.reason)
        elif deployment.session_id is None:
            sessions.end(session, row, deployment.reason)
        state = deployment.state
    return _answer(outcomes, state)


@router.post("/deployments/{deployment_id}/secrets")
async def take_boot_secret(
    current: OpenBootSession,
    asked: Annotated[BootSecretIn, BootBody(BootSecretIn)],
    request: Request,
    response: Response,
    runtime: CurrentRuntime,
    deployment_id: UUID,
) -> BootSecretOut:
    """A secret of the step that runs, sealed to the session's key. Once for each attempt of the step."""
    if current.deployment_id != deployment_id or not current.is_current:
        raise DeploymentNotFound
    async with runtime.db.write(request.state.context) as session:
        await current.spend_nonce(session)
        deployment = await service.locked(session, deployment_id)
        if deployment.session_id != current.id:
            raise SessionOver
        value = await credentials.take(runtime, session, deployment, position=asked.position, name=asked.name)
    info = f"deployflow secret {deployment_id} {asked.position} {asked.name}"
    sealed = await asyncio.to_thread(hpke.seal, value.encode(), to=current.public_key, info=info)
    response.headers["Cache-Control"] = "no-store"
    return BootSecretOut(sealed=base64.b64encode(sealed).decode())


@router.head("/content/{sha256}", include_in_schema=False)
@router.get("/content/{sha256}", response_class=Response)
async def read_boot_content(current: OpenBootSession, runtime: CurrentRuntime, sha256: str) -> Response:
    """A file that the session's plan names, with ranges."""
    found = await contents.of_session(runtime, current, sha256)
    return FileAnswer(found, sha256=sha256) if isinstance(found, Path) else ContentResponse(runtime, found)


def _answer(outcomes: list[Outcome], deployment_state: str) -> DeploymentReportsAnswer:
    return DeploymentReportsAnswer(
        results=[DeploymentReportResult(outcome=outcome) for outcome in outcomes],
        command=reporting.command(deployment_state),
    )


def _require_own(own: UUID, named: UUID) -> None:
    if own != named:
        raise SessionNotFound


def _public_key(text: str) -> tuple[bytes, signatures.PublicKey]:
    try:
        spki = base64.b64decode(text, validate=True)
        return spki, signatures.load_public_key(spki)
    except (binascii.Error, signatures.PublicKeyWrong) as error:
        raise Invalid(f"public_key: {error}; send an ECDSA P-256 key as base64 of its SPKI DER") from error
