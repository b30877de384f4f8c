"""What a machine starts: decided anew each time it asks, from what the database says at that moment."""

from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from deployflow.boot import environments, script, sites
from deployflow.boot.asking import Asking
from deployflow.boot.environments import Environment
from deployflow.boot.models import BootSite
from deployflow.deployments import queries as deployments
from deployflow.deployments.states import State
from deployflow.platform.settings import Settings

PLAIN_HTTP_REFUSED = "Mark the boot site as a trusted network, or boot over HTTPS."
Way = Literal["local_disk", "environment", "menu", "message"]
# Its disk is done: whatever else happens, the machine starts from it.
_DISK_IS_DONE = frozenset({State.AWAITING_FIRST_BOOT, State.FINISHING, State.SUCCEEDED, State.FAILED})
_GOES_ON = frozenset({State.ARMED, State.RUNNING, State.WAITING_FOR_APPROVAL})


@dataclass(frozen=True, slots=True)
class Choice:
    """A line of the menu."""

    id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class BootPlan:
    """The answer to a machine, before it becomes a script.

    Attributes:
        way: `message` is shown before the machine starts from its disk.
        why: For people: on the machine's screen, and in the list of machines.
        profile_id: What the environment is told, chosen in the menu.
        default: The menu's choice when nobody presses a key; None for the local disk.
    """

    way: Way
    why: str
    site: BootSite | None = None
    environment: Environment | None = None
    profile_id: UUID | None = None
    choices: list[Choice] = field(default_factory=list)
    default: UUID | None = None


async def plan_for(
    session: AsyncSession, settings: Settings, site_key: str | None, asking: Asking, *, ip: str | None, secure: bool
) -> BootPlan:
    """What this machine starts. Changes nothing; the session sees all organisations.

    Who asks is a stranger that says it is some machine. So the answer holds nothing that not everybody may have, and
    what it starts has to be approved before it does anything. Over plain HTTP whoever is in between could change what
    is started, so that is for networks which an administrator says are trusted.
    """
    plan = await _plan_for(session, settings, site_key, asking, ip=ip)
    starts_something = plan.way in {"environment", "menu"}
    if starts_something and plan.site is not None and not sites.is_safe(plan.site, secure=secure):
        return BootPlan("message", f"plain HTTP is refused here. {PLAIN_HTTP_REFUSED}", plan.site)
    return plan


async def _plan_for(
    session: AsyncSession, settings: Settings, site_key: str | None, asking: Asking, *, ip: str | None
) -> BootPlan:
    site = await sites.by_key(session, site_key)
    if site is None:
        return BootPlan("message", "this address names no boot site of the server. Look at DHCP.")
    if not sites.is_from(site, ip):
        return BootPlan("message", f"{site.name} is not for machines of this network.", site)
    newest = await deployments.newest_of_machine(
        session,
        site.tenant_id,
        machine_uuid=asking.machine_uuid,
        machine_serial=asking.machine_serial,
        macs=[asking.mac] if asking.mac else [],
    )
    if newest is not None and newest.state in _GOES_ON:
        why = "a deployment is prepared" if newest.state == State.ARMED else "the deployment goes on"
        return _into_environment(settings, site, why)
    chosen = asking.profile_id is not None or asking.wait
    if newest is not None and newest.state in _DISK_IS_DONE and newest.consumed_at is not None and not chosen:
        return BootPlan("local_disk", "it was deployed", site)
    return await _by_policy(session, settings, site, asking)


async def _by_policy(session: AsyncSession, settings: Settings, site: BootSite, asking: Asking) -> BootPlan:
    if site.unknown_machines == "local_disk":
        return BootPlan("local_disk", "unknown machines do so here", site)
    if site.unknown_machines == "wait" or asking.wait:
        return _into_environment(settings, site, "waiting for approval in the console")
    choices = [Choice(profile.id, profile.name) for profile in await sites.offered(session, site)]
    offered = {choice.id: choice.name for choice in choices}
    if asking.profile_id in offered:
        return _into_environment(settings, site, offered[asking.profile_id], profile_id=asking.profile_id)
    if environments.newest(settings, site.environment) is None:
        return _no_environment(site)
    default = site.default_profile_id if site.default_profile_id in offered else None
    return BootPlan("menu", "menu", site, choices=choices, default=default)


def _into_environment(settings: Settings, site: BootSite, why: str, *, profile_id: UUID | None = None) -> BootPlan:
    environment = environments.newest(settings, site.environment)
    if environment is None:
        return _no_environment(site)
    return BootPlan("environment", why, site, environment=environment, profile_id=profile_id)


def _no_environment(site: BootSite) -> BootPlan:
    kind = "WinPE" if site.environment == "winpe" else "boot environment"
    how = "import a Windows ISO in the console." if site.environment == "winpe" else "run deployflow boot build."
    return BootPlan("message", f"the server has no {kind} yet: {how}", site)


def query_of(plan: BootPlan, asking: Asking) -> str:
    """The machine's own words, for the next script to say again."""
    assert plan.site is not None
    return script.query(
        site=plan.site.key,
        mac=asking.mac,
        uuid=asking.smbios_uuid,
        serial=asking.serial,
        manufacturer=asking.manufacturer,
        product=asking.product,
        asset=asking.asset,
        platform=asking.platform,
    )
