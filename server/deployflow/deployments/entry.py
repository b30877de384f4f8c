"""How a run begins, and how a machine that started anew takes it up again."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from deployflow.deployments import plans, queries, service
from deployflow.deployments.announcing import announce
from deployflow.deployments.arming import search_of
from deployflow.deployments.facts import Environment, MachineFacts, Place
from deployflow.deployments.models import Deployment
from deployflow.deployments.states import ENDED, Event, State, advance, allowed
from deployflow.devices.admission import expect, find_machine
from deployflow.devices.models import Device
from deployflow.platform import clock
from deployflow.platform.context import Context
from deployflow.platform.ids import new_id
from deployflow.platform.settings import Settings

# The first start and three more.
MAX_STARTS = 4
How = Literal["armed", "code", "pin"]


@dataclass(frozen=True, slots=True)
class Entry:
    """A machine with a session that may be let in.

    Attributes:
        by: Who let it in, for people to read.
        profile_id: What was chosen for it; what a prepared deployment says goes before it when it is None.
    """

    facts: MachineFacts
    place: Place
    session_id: UUID
    environment: Environment
    how: How
    by: str
    profile_id: UUID | None = None


async def of_machine(session: AsyncSession, tenant_id: UUID, facts: MachineFacts) -> Deployment | None:
    """The newest deployment of a machine, locked, with its steps and what is frozen in it."""
    found = await queries.newest_of_machine(
        session,
        tenant_id,
        machine_uuid=facts.uuid,
        machine_serial=facts.known_serial,
        macs=facts.mac_addresses,
    )
    return None if found is None else await service.locked(session, found.id)


def takes_up(deployment: Deployment | None, profile_id: UUID | None) -> bool:
    """Whether a machine that is let in goes on with this deployment, or begins one of its own."""
    if deployment is None or not allowed(deployment.state, Event.APPROVE, consumed=deployment.consumed_at is not None):
        return False
    return profile_id is None or profile_id == deployment.profile_id


async def let_in(session: AsyncSession, settings: Settings, entry: Entry, present: Deployment | None) -> Deployment:
    """The machine may begin, or go on with `present`, its newest deployment, where that fits.

    Raises:
        ProfileNotFound: 404; ProfileNotReady: 409, with what stands in the way.
        DeploymentStateWrong: 409, when it has been started too often.
    """
    if present is not None and takes_up(present, entry.profile_id):
        deployment = present
    else:
        if present is not None and present.state not in ENDED:
            await service.stop(session, present, by="another deployment of this machine")
        assert entry.profile_id is not None, "who begins a new one has chosen a profile"
        deployment = _begun(session, entry.profile_id)
    facts = entry.facts
    deployment.machine = facts.model_dump(mode="json")
    deployment.machine_uuid, deployment.machine_serial = facts.uuid, facts.known_serial
    deployment.mac = facts.mac_addresses[0] if facts.mac_addresses else None
    if deployment.frozen is None:
        await _freeze(session, settings, deployment, entry)
    else:
        if deployment.session_id is not None:
            # Not after a retry, which says itself where to go on.
            deployment.resume_at = plans.safe_resume(deployment)
            plans.start_over(deployment, deployment.resume_at)
        if deployment.device_id is None:
            # It was retired meanwhile: who lets the machine in wants it to be a device.
            await _find_device(session, deployment, entry.facts)
    advance(deployment, Event.APPROVE)
    now = clock.now()
    deployment.session_id = entry.session_id
    deployment.starts += 1
    deployment.approved_how, deployment.approved_by, deployment.approved_at = entry.how, entry.by[:255], now
    deployment.started_at = deployment.started_at or now
    deployment.last_report_at = now
    deployment.reason = deployment.error_code = deployment.error_message = None
    deployment.search_text = search_of(deployment)
    service.clear_progress(deployment)
    await session.flush()
    announce(session, deployment)
    return deployment


def has_started_too_often(deployment: Deployment) -> bool:
    return deployment.starts >= MAX_STARTS


async def _freeze(session: AsyncSession, settings: Settings, deployment: Deployment, entry: Entry) -> None:
    place = entry.place
    deployment.site_id, deployment.site_name, deployment.site_code = place.id, place.name, place.code
    device = await _device(session, deployment, entry.facts)
    await plans.freeze(session, settings, deployment, entry.facts, device, environment=entry.environment)
    await _find_device(session, deployment, entry.facts)


async def _find_device(session: AsyncSession, deployment: Deployment, facts: MachineFacts) -> None:
    assert deployment.computer_name is not None
    device = await _device(session, deployment, facts)
    device = await expect(session, facts.expected(deployment.computer_name), device=device)
    deployment.device_id, deployment.device = device.id, device


async def _device(session: AsyncSession, deployment: Deployment, facts: MachineFacts) -> Device | None:
    """The row that the machine had before: as it was armed, by what its firmware says, or by its last deployment."""
    if deployment.device_id is not None:
        return await session.get(Device, deployment.device_id)
    found = await find_machine(session, facts.uuid, facts.known_serial)
    if found is not None:
        return found
    says = queries.machine_is(machine_uuid=facts.uuid, machine_serial=facts.known_serial, macs=facts.mac_addresses)
    if says is None:
        return None
    statement = select(Deployment.device_id).where(
        Deployment.tenant_id == deployment.tenant_id, says, Deployment.device_id.is_not(None)
    )
    device_id = await session.scalar(statement.order_by(Deployment.created_at.desc()).limit(1))
    return None if device_id is None else await session.get(Device, device_id)


def _begun(session: AsyncSession, profile_id: UUID) -> Deployment:
    context: Context = session.info["context"]
    assert context.tenant_id is not None
    actor = context.actor
    deployment = Deployment(
        id=new_id(),
        tenant_id=context.tenant_id,
        # As one that was prepared a moment ago, so that the table of states has one way in.
        state=State.ARMED,
        profile_id=profile_id,
        profile_name="",
        frozen=None,
        starts=0,
        changes=1,
        resume_at=0,
        variables={},
        steps=[],
        device=None,
        created_by_type=actor.type,
        created_by_id=actor.id,
        created_by_name=actor.name[:255],
    )
    session.add(deployment)
    return deployment
