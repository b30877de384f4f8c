"""Boot sites: which machines start by which rules."""

import ipaddress
import secrets
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from deployflow.boot.errors import LastSite, SiteNameTaken, SiteNotFound
from deployflow.boot.models import BootSite
from deployflow.boot.schemas import BootSiteChange, BootSiteIn
from deployflow.deployments.facts import Place
from deployflow.identity.models import Tenant
from deployflow.platform import trail
from deployflow.platform.changes import changed
from deployflow.platform.preconditions import require_version
from deployflow.profiles.errors import ProfileNotFound
from deployflow.profiles.models import Profile

# It is typed into DHCP servers: short, and free of what they would have to quote.
KEY_BYTES = 12
FIRST_NAME, FIRST_CODE = "Main site", "HQ"


async def first_site(session: AsyncSession, tenant: Tenant) -> None:
    """What a new organisation begins with."""
    session.add(BootSite(tenant_id=tenant.id, name=FIRST_NAME, code=FIRST_CODE, key=new_key()))
    await session.flush()


def new_key() -> str:
    return secrets.token_urlsafe(KEY_BYTES)


async def by_key(session: AsyncSession, key: str | None) -> BootSite | None:
    """The site that an address names; without a name, the only one of the installation. The session sees all."""
    if key:
        return await session.scalar(select(BootSite).where(BootSite.key == key))
    found = (await session.scalars(select(BootSite).limit(2))).all()
    return found[0] if len(found) == 1 else None


def is_from(site: BootSite, ip: str | None) -> bool:
    """Whether this address may start there."""
    return not site.networks or is_in(ip, site.networks)


def is_in(ip: str | None, networks: list[str]) -> bool:
    """Whether an address lies in one of these networks."""
    try:
        address = ipaddress.ip_address(ip or "")
    except ValueError:
        return False
    # A dual-stack socket shows IPv4 peers as ::ffff:192.0.2.7.
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return any(address in ipaddress.ip_network(network) for network in networks)


def is_safe(site: BootSite, *, secure: bool) -> bool:
    """Whether machines may start there the way they asked: by HTTPS, or in a network that is trusted."""
    return secure or site.trusted_network


async def offered(session: AsyncSession, site: BootSite) -> list[Profile]:
    """The profiles of the site's menu, by name."""
    statement = select(Profile).where(Profile.tenant_id == site.tenant_id, Profile.is_template.is_(False))
    if site.profile_ids:
        statement = statement.where(Profile.id.in_([UUID(one) for one in site.profile_ids]))
    return list(await session.scalars(statement.order_by(func.lower(Profile.name), Profile.id)))


async def get(session: AsyncSession, site_id: UUID) -> BootSite:
    """A site.

    Raises:
        SiteNotFound: 404.
    """
    site = await session.get(BootSite, site_id)
    if site is None:
        raise SiteNotFound
    return site


async def place(session: AsyncSession, site_id: UUID) -> Place:
    """A site as deployments know it.

    Raises:
        SiteNotFound: 404.
    """
    site = await get(session, site_id)
    return Place(site.id, site.name, site.code)


async def make(session: AsyncSession, wanted: BootSiteIn) -> BootSite:
    """A new site with a key of its own.

    Raises:
        SiteNameTaken: 409.
        ProfileNotFound: 404.
    """
    given = wanted.model_dump(mode="json")
    given["default_profile_id"] = wanted.default_profile_id
    await _require_profiles(session, given)
    site = BootSite(**given, key=new_key())
    session.add(site)
    await _flush(session)
    _note(session, "boot_site.created", site, {})
    return site


async def change(session: AsyncSession, site_id: UUID, given: BootSiteChange, *, expected: int | None) -> BootSite:
    """Change the fields that are given; `new_key` makes another key, and the address in DHCP has to follow.

    Raises:
        SiteNotFound, SiteNameTaken, ProfileNotFound.
    """
    site = await _locked(session, site_id)
    require_version(site, expected)
    wanted = given.model_dump(mode="json", exclude_unset=True, exclude={"new_key"})
    if "default_profile_id" in wanted:
        wanted["default_profile_id"] = given.default_profile_id
    await _require_profiles(session, wanted)
    told: dict[str, tuple[Any, Any]] = {}
    for name, value in wanted.items():
        before = getattr(site, name)
        if value is None and name != "default_profile_id":
            continue
        if before != value:
            told[name] = (_plain(before), _plain(value))
            setattr(site, name, value)
    if given.new_key:
        site.key = new_key()
        told["key"] = ("••••••", "••••••")
    if told:
        await _flush(session)
        _note(session, "boot_site.changed", site, told)
    return site


async def delete(session: AsyncSession, site_id: UUID, *, expected: int | None) -> None:
    """Machines that name it are told so and start from their disk.

    Raises:
        LastSite: 409.
    """
    site = await _locked(session, site_id)
    require_version(site, expected)
    if await session.scalar(select(func.count()).select_from(BootSite)) == 1:
        raise LastSite
    _note(session, "boot_site.deleted", site, {})
    await session.delete(site)


async def uses_of_profile(session: AsyncSession, profile_id: UUID) -> list[str]:
    """The sites that offer it by name, or take it without being asked, as sentences."""
    sites = await session.scalars(select(BootSite).order_by(BootSite.name))
    return [
        f"the boot site '{site.name}' offers it"
        for site in sites
        if site.default_profile_id == profile_id or str(profile_id) in site.profile_ids
    ]


async def _locked(session: AsyncSession, site_id: UUID) -> BootSite:
    site = await session.scalar(select(BootSite).where(BootSite.id == site_id).with_for_update())
    if site is None:
        raise SiteNotFound
    return site


async def _require_profiles(session: AsyncSession, given: dict[str, Any]) -> None:
    wanted = {UUID(one) for one in given.get("profile_ids") or ()}
    if given.get("default_profile_id") is not None:
        wanted.add(given["default_profile_id"])
    if wanted and len(set(await session.scalars(select(Profile.id).where(Profile.id.in_(wanted))))) < len(wanted):
        raise ProfileNotFound("One of these profiles does not exist: load the list again")


async def _flush(session: AsyncSession) -> None:
    try:
        await session.flush()
    except IntegrityError as error:
        raise SiteNameTaken from error


def _note(session: AsyncSession, verb: str, site: BootSite, told: dict[str, tuple[Any, Any]]) -> None:
    trail.note(session, verb, target_type="boot_site", target_id=site.id, target_name=site.name, changes=told)
    changed(session, "boot_sites")


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, UUID) else value
