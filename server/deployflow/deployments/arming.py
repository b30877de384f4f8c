"""Preparing machines: what starts from the network and is this machine, deploys without being asked."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from deployflow.deployments.announcing import announce, wake_machines
from deployflow.deployments.errors import MachineBusy, MachineUnknown
from deployflow.deployments.facts import Place
from deployflow.deployments.models import Deployment
from deployflow.deployments.queries import machine_is
from deployflow.deployments.schemas import ArmedMachine, ArmIn, ArmManyIn, ArmResult, ArmTarget
from deployflow.deployments.states import LIVE, State
from deployflow.devices.errors import DeviceNotFound
from deployflow.devices.inventory import search_text
from deployflow.devices.machines import machine_serial, machine_uuid
from deployflow.devices.models import Device
from deployflow.identity.access import Principal
from deployflow.platform import clock, trail
from deployflow.platform.context import Actor
from deployflow.platform.errors import Problem
from deployflow.platform.ids import new_id
from deployflow.profiles import machines as known_machines
from deployflow.profiles import queries as profiles
from deployflow.profiles.errors import ProfileNotReady
from deployflow.profiles.models import Profile

ARMED_EASILY = 10
COUNTED_FOR = timedelta(hours=1)


async def arm(session: AsyncSession, admin: Principal, wanted: ArmIn, place: Place | None) -> Deployment:
    """Let a machine deploy by itself when it next starts from the network, once.

    Raises:
        ProfileNotFound, DeviceNotFound: 404.
        MachineUnknown: 422, when nothing tells the device from others.
        MachineBusy: 409, when it has a deployment already.
        SessionRequired, StepUpRequired: 403, when it is one of many.
    """
    await _require_person_for_many(session, admin, more=1)
    profile = await _profile(session, wanted.profile_id)
    deployment = await _arm(session, wanted, profile, place, hours=wanted.hours, networks=wanted.networks)
    trail.note(
        session,
        "deployment.armed",
        target_type="deployment",
        target_id=deployment.id,
        target_name=deployment.title,
        changes={"profile": (None, profile.name), "machine": (None, deployment.match)},
    )
    return deployment


async def arm_many(session: AsyncSession, admin: Principal, wanted: ArmManyIn, place: Place | None) -> list[ArmResult]:
    """The same for many machines; what fails for one does not stop the others.

    Raises:
        ProfileNotFound: 404.
        SessionRequired, StepUpRequired: 403, when they are many.
    """
    await _require_person_for_many(session, admin, more=len(wanted.targets))
    profile = await _profile(session, wanted.profile_id)
    results = []
    for target in wanted.targets:
        try:
            async with session.begin_nested():
                made = await _arm(session, target, profile, place, hours=wanted.hours, networks=wanted.networks)
        except Problem as problem:
            results.append(ArmResult(ok=False, code=problem.code, detail=problem.detail))
        else:
            results.append(ArmResult(ok=True, deployment_id=made.id))
    trail.note(
        session,
        "deployment.armed",
        target_type="deployment",
        target_id=None,
        target_name=f"{sum(result.ok for result in results)} machines",
        changes={"profile": (None, profile.name)},
    )
    return results


async def _require_person_for_many(session: AsyncSession, admin: Principal, *, more: int) -> None:
    """Beyond a few machines in an hour, in one call or in many, a person has to give their password again.

    A stolen key or an open screen then wipes a handful of machines and not the fleet.
    """
    lately = await session.scalar(
        select(func.count()).where(
            Deployment.created_by_id == admin.id,
            Deployment.armed_until.is_not(None),
            Deployment.created_at > clock.now() - COUNTED_FOR,
        )
    )
    if (lately or 0) + more > ARMED_EASILY:
        admin.require_step_up()


async def _profile(session: AsyncSession, profile_id: UUID) -> Profile:
    profile = await profiles.get_profile(session, profile_id)
    if profile.is_template:
        raise ProfileNotReady(f"'{profile.name}' is a template: make a profile of it")
    return profile


async def _arm(
    session: AsyncSession,
    target: ArmTarget,
    profile: Profile,
    place: Place | None,
    *,
    hours: int,
    networks: list[str],
) -> Deployment:
    described = await _described(session, target)
    await _require_free(session, described)
    actor: Actor = session.info["context"].actor
    machine: dict[str, Any] = described.pop("machine")
    deployment = Deployment(
        id=new_id(),
        state=State.ARMED,
        profile_id=profile.id,
        profile_name=profile.name,
        site_id=place.id if place else None,
        site_name=place.name if place else None,
        site_code=place.code if place else None,
        wanted_name=target.computer_name,
        machine=machine,
        armed_until=clock.now() + timedelta(hours=hours),
        networks=networks,
        created_by_type=actor.type,
        created_by_id=actor.id,
        created_by_name=actor.name[:255],
        **described,
    )
    deployment.search_text = search_of(deployment)
    session.add(deployment)
    await session.flush()
    announce(session, deployment)
    wake_machines(session, deployment)
    return deployment


async def _described(session: AsyncSession, target: ArmTarget) -> dict[str, Any]:
    """The columns that say which machine it is."""
    if target.machine is not None:
        return _of_machine(target.machine)
    assert target.device_id is not None
    if await session.scalar(select(Device.id).where(Device.id == target.device_id)) is None:
        raise DeviceNotFound
    known = await known_machines.of_device(session, target.device_id, site=None)
    uuid, serial = machine_uuid(known.smbios_uuid), machine_serial(known.manufacturer, known.serial)
    mac = known.mac_addresses[0].lower() if known.mac_addresses else None
    match = {name: said for name, said in (("uuid", uuid), ("serial", serial)) if said}
    if not match and mac:
        match["mac"] = mac
    if not match:
        raise MachineUnknown(
            f"{known.title} tells neither a usable UUID nor a serial number nor a network card: arm it as a machine"
        )
    return {
        "device_id": target.device_id,
        "computer_name": known.hostname,
        "machine_uuid": uuid,
        "machine_serial": serial,
        "mac": mac,
        "match": match,
        "machine": {
            "manufacturer": known.manufacturer,
            "model": known.model,
            "serial": known.serial,
            "smbios_uuid": known.smbios_uuid,
        },
    }


def _of_machine(given: ArmedMachine) -> dict[str, Any]:
    said = {"uuid": given.uuid, "serial": given.known_serial, "mac": given.mac}
    return {
        "machine_uuid": given.uuid,
        "machine_serial": given.known_serial,
        "mac": given.mac,
        "match": {name: value for name, value in said.items() if value is not None},
        "machine": given.model_dump(exclude={"mac"}),
    }


async def _require_free(session: AsyncSession, described: dict[str, Any]) -> None:
    says = machine_is(
        machine_uuid=described["machine_uuid"],
        machine_serial=described["machine_serial"],
        macs=[described["mac"]] if described["mac"] else [],
    )
    conditions = [says] if says is not None else []
    if described.get("device_id") is not None:
        conditions.append(Deployment.device_id == described["device_id"])
    busy = await session.scalar(select(Deployment).where(Deployment.state.in_(sorted(LIVE)), or_(*conditions)).limit(1))
    if busy is not None:
        raise MachineBusy(
            f"{busy.title} has a deployment of '{busy.profile_name}' that is {busy.state.replace('_', ' ')}: "
            "abort that one first",
            deployment_id=str(busy.id),
        )


def search_of(deployment: Deployment) -> str:
    """What a search looks through."""
    machine = deployment.machine
    parts = (
        deployment.computer_name,
        deployment.wanted_name,
        deployment.profile_name,
        deployment.site_name,
        machine.get("serial"),
        machine.get("model"),
        deployment.mac,
    )
    return search_text(*parts)[:1400]
