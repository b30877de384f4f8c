"""Letting a waiting machine in: because it was prepared, by the code on its screen, or by a technician's PIN."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from deployflow.boot import codes, sessions, sites, waiting
from deployflow.boot.errors import CodeWrong, ProfileNeeded, SessionOver
from deployflow.boot.models import BootSession, BootSite, DiscoveredMachine
from deployflow.boot.states import SessionEvent, SessionState, advance
from deployflow.deployments import entry, service
from deployflow.deployments.entry import Entry, How
from deployflow.deployments.facts import Environment, MachineFacts, Place
from deployflow.deployments.models import Deployment
from deployflow.deployments.states import State
from deployflow.platform import clock, trail
from deployflow.platform.context import Context
from deployflow.platform.errors import Problem
from deployflow.platform.runtime import Runtime
from deployflow.profiles.errors import ProfileNotReady

MAX_WRONG_CODES = 5
# What only repeats what the machine has said of itself, and so may stand on its screen before it is let in.
_ABOUT_THE_MACHINE = frozenset({"no_disk", "disk_too_small", "firmware_bios", "no_matching_driver"})
_LOOK_IN_THE_CONSOLE = "A deployment cannot begin on this machine: the console says why, at the machines that wait."
# A machine at work says something every 15 s, and takes longer than this to start anew. Before it has been silent for
# so long, nobody takes its place, whoever they say that they are.
SILENT_FOR = timedelta(seconds=20)


async def admit_if_prepared(runtime: Runtime, session: AsyncSession, row: BootSession) -> bool:
    """Let a waiting machine in by itself, where a deployment was prepared for it, or is its own and may go on."""
    facts = MachineFacts.model_validate(row.facts)
    deployment = await entry.of_machine(session, row.tenant_id, facts)
    if deployment is None or deployment.state not in {State.ARMED, State.RUNNING, State.WAITING_FOR_APPROVAL}:
        return False
    if deployment.state != State.ARMED and not await _is_free(session, deployment):
        return False
    if deployment.state != State.ARMED and entry.has_started_too_often(deployment):
        await service.fail(
            session,
            deployment,
            "too_many_starts",
            f"The machine started {deployment.starts} times without getting through: look at its power and its disk",
        )
        return False
    site = await sites.get(session, row.site_id)
    row_id, deployment_id = row.id, deployment.id
    why_not, told = _why_not(deployment, row, facts), None
    if why_not is None:
        try:
            async with session.begin_nested():
                await _let_in(
                    runtime, session, row, site, how="armed", by=deployment.created_by_name, present=deployment
                )
        except Problem as problem:
            why_not, told = problem.detail, _for_its_screen(problem)
            # What was undone has to be read again.
            row = await sessions.locked(session, row_id)
            deployment = await service.locked(session, deployment_id)
        else:
            return True
    if deployment.state == State.RUNNING:
        await service.ask_again(session, deployment)
    _say(session, row, why_not, told)
    return False


async def _is_free(session: AsyncSession, deployment: Deployment) -> bool:
    """Whether nobody works on it: its session is over, or its machine has gone silent."""
    if deployment.session_id is None:
        return True
    state = await session.scalar(select(BootSession.state).where(BootSession.id == deployment.session_id))
    if state != SessionState.APPROVED:
        return True
    heard = deployment.last_report_at or deployment.approved_at
    return heard is None or heard <= clock.now() - SILENT_FOR


def _why_not(deployment: Deployment, row: BootSession, facts: MachineFacts) -> str | None:
    """Why a machine is not let in by itself; None when it is."""
    if deployment.armed_until is None or deployment.armed_until <= clock.now():
        return "A deployment of this machine goes on, but nobody has let this new key in"
    if not facts.fits(deployment.match):
        return "A deployment is prepared for this machine, but not all that it says of itself is what was given"
    if deployment.site_id is not None and deployment.site_id != row.site_id:
        return f"A deployment is prepared for this machine, at {deployment.site_name}"
    if deployment.networks and not sites.is_in(row.ip, deployment.networks):
        return f"A deployment is prepared for this machine, but not from {row.ip}"
    return None


def _say(session: AsyncSession, row: BootSession, reason: str, told: str | None) -> None:
    """Why a machine still waits: for the console, and for its own screen."""
    if (row.reason, row.told) != (reason[:500], told):
        row.reason, row.told = reason[:500], told
        waiting.announce(session, row)


def _for_its_screen(problem: Problem) -> str:
    """The machine may be anybody: it hears what concerns itself, and of all else only where to look."""
    findings: list[dict[str, str]] = problem.extra.get("findings", [])
    own = [one["message"] for one in findings if one["code"] in _ABOUT_THE_MACHINE]
    return (". ".join(own) + ".")[:500] if own else _LOOK_IN_THE_CONSOLE


async def approve(
    runtime: Runtime, session: AsyncSession, session_id: UUID, *, code: str, profile_id: UUID | None
) -> Problem | None:
    """A person compared the code and lets the machine in.

    Gives what stands in the way where that leaves a trace: a wrong code is counted, and a profile that does not fit is
    said on the machine's screen too.

    Raises:
        SessionNotFound: 404; SessionOver: 410; SessionStateWrong: 409; ProfileNeeded.
    """
    context: Context = session.info["context"]
    row = await sessions.locked(session, session_id)
    _require_time(row)
    advance(row.state, SessionEvent.APPROVE)
    if not codes.is_code(code, row.public_key, row.nonce):
        row.wrong_codes += 1
        left = MAX_WRONG_CODES - row.wrong_codes
        if left <= 0:
            sessions.end(session, row, "Five wrong codes: somebody may be between this machine and the server")
        _note(session, "boot_session.code_refused", row, {"tries_left": (None, max(0, left))})
        said = f"{left} tries are left" if left > 0 else "The session was ended: start the machine again"
        return CodeWrong(f"Compare it with the machine's screen. {said}", tries_left=max(0, left))
    site = await sites.get(session, row.site_id)
    try:
        async with session.begin_nested():
            deployment = await _let_in(
                runtime, session, row, site, how="code", by=context.actor.name, profile_id=profile_id
            )
    except ProfileNotReady as problem:
        row = await sessions.locked(session, session_id)
        _say(session, row, problem.detail, _for_its_screen(problem))
        _note(session, "boot_session.not_ready", row, {"reason": (None, problem.detail)})
        return problem
    _note(
        session,
        "boot_session.approved",
        row,
        {
            "profile": (None, deployment.profile_name),
            "computer": (None, deployment.computer_name),
            "deployment": (None, str(deployment.id)),
        },
    )
    return None


async def deny(session: AsyncSession, session_id: UUID, *, reason: str | None) -> BootSession:
    """Refuse a machine that waits; its screen says so.

    Raises:
        SessionNotFound: 404; SessionStateWrong: 409.
    """
    context: Context = session.info["context"]
    row = await sessions.locked(session, session_id)
    row.state = advance(row.state, SessionEvent.DENY)
    row.reason = (f"{context.actor.name}: {reason}" if reason else f"Denied by {context.actor.name}")[:500]
    row.ended_at = clock.now()
    deployment = await entry.of_machine(session, row.tenant_id, MachineFacts.model_validate(row.facts))
    if deployment is not None and deployment.state == State.WAITING_FOR_APPROVAL:
        await service.deny(session, deployment)
    _note(session, "boot_session.denied", row, {"reason": (None, reason)})
    waiting.announce(session, row)
    return row


async def let_in_by_pin(
    runtime: Runtime, session: AsyncSession, row: BootSession, *, by: str, profile_id: UUID | None
) -> Deployment:
    """A technician at the machine has given a good PIN."""
    _require_time(row)
    advance(row.state, SessionEvent.APPROVE)
    site = await sites.get(session, row.site_id)
    await sessions.offered(session, site, profile_id)
    deployment = await _let_in(runtime, session, row, site, how="pin", by=by, profile_id=profile_id)
    _note(
        session,
        "boot_session.approved",
        row,
        {"pin": (None, by), "profile": (None, deployment.profile_name), "deployment": (None, str(deployment.id))},
    )
    return deployment


async def _let_in(
    runtime: Runtime,
    session: AsyncSession,
    row: BootSession,
    site: BootSite,
    *,
    how: How,
    by: str,
    profile_id: UUID | None = None,
    present: Deployment | None = None,
) -> Deployment:
    facts = MachineFacts.model_validate(row.facts)
    environment: Environment = "winpe" if row.environment == "winpe" else "linux"
    if present is None:
        present = await entry.of_machine(session, row.tenant_id, facts)
    if not entry.takes_up(present, profile_id):
        profile_id = profile_id or row.profile_id
        if profile_id is None:
            raise ProfileNeeded
    deployment = await entry.let_in(
        session,
        runtime.settings,
        Entry(facts, Place(site.id, site.name, site.code), row.id, environment, how, by, profile_id),
        present,
    )
    for other in await session.scalars(
        select(BootSession)
        .where(
            BootSession.deployment_id == deployment.id,
            BootSession.state == SessionState.APPROVED,
            BootSession.id != row.id,
        )
        .with_for_update()
    ):
        sessions.end(session, other, "The machine started anew")
    row.state = advance(row.state, SessionEvent.APPROVE)
    row.reason = row.told = None
    row.deployment_id, row.device_id = deployment.id, deployment.device_id
    row.approved_how, row.approved_by, row.approved_at = how, by[:255], clock.now()
    row.expires_at = clock.now() + sessions.LASTS
    await session.execute(
        update(DiscoveredMachine)
        .where(DiscoveredMachine.tenant_id == row.tenant_id, DiscoveredMachine.mac.in_(facts.mac_addresses))
        .values(device_id=deployment.device_id)
    )
    waiting.announce(session, row)
    if how == "armed":
        trail.note(
            session,
            "deployment.started",
            target_type="deployment",
            target_id=deployment.id,
            target_name=deployment.title,
            changes={"machine": (None, facts.title), "armed_by": (None, by)},
        )
    return deployment


def _require_time(row: BootSession) -> None:
    if row.expires_at <= clock.now():
        raise SessionOver("Its time is up: start the machine again")


def _note(session: AsyncSession, verb: str, row: BootSession, changes: dict[str, tuple[Any, Any]]) -> None:
    trail.note(
        session,
        verb,
        target_type="boot_session",
        target_id=row.id,
        target_name=MachineFacts.model_validate(row.facts).title[:200],
        changes=changes,
    )
