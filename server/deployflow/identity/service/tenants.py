"""Organisations: how one begins, and what it is called."""

import re
import unicodedata
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from deployflow.identity.access import Principal
from deployflow.identity.errors import NotAMember, SingleTenantEdition
from deployflow.identity.models import Membership, Role, Tenant
from deployflow.identity.permissions import BUILT_IN, OWNER
from deployflow.platform import trail
from deployflow.platform.changes import changed
from deployflow.platform.preconditions import require_version

MAX_SLUG = 50
# What the settings page calls it, and the column it is kept in.
_SETTINGS = {"organisation": "name", "public_url": "public_url", "action_expiry_days": "action_expiry_days"}


Created = Callable[[AsyncSession, Tenant], Awaitable[None]]
_on_created: list[Created] = []


def on_created(hook: Created) -> None:
    """Let a domain above give each new organisation what it begins with."""
    if hook not in _on_created:
        _on_created.append(hook)


async def create_tenant(session: AsyncSession, *, name: str, public_url: str | None = None) -> Tenant:
    """A new organisation with the built-in roles. The session must see all tenants."""
    tenant = Tenant(name=name, slug=await _free_slug(session, name), public_url=public_url)
    session.add(tenant)
    await session.flush()
    for role in BUILT_IN.values():
        session.add(
            Role(
                tenant_id=tenant.id,
                name=role.name,
                description=role.description,
                permissions=[],
                built_in=role.key,
            )
        )
    await session.flush()
    for hook in _on_created:
        await hook(session, tenant)
    return tenant


async def open_tenant(session: AsyncSession, admin: Principal, *, name: str, single: bool) -> Tenant:
    """Another organisation on this server, with whoever makes it as its Owner. The session must see all tenants.

    Raises:
        SingleTenantEdition: 409, on SQLite, which has no second wall between tenants.
    """
    if single:
        raise SingleTenantEdition
    tenant = await create_tenant(session, name=name)
    owner = await session.scalar(select(Role).where(Role.tenant_id == tenant.id, Role.built_in == OWNER.key))
    assert owner is not None
    session.add(Membership(tenant_id=tenant.id, user_id=admin.user_id, role_id=owner.id))
    trail.note(session, "tenant.created", target_type="tenant", target_id=tenant.id, target_name=tenant.name)
    await session.flush()
    return tenant


async def rename_tenant(
    session: AsyncSession, admin: Principal, tenant_id: UUID, *, name: str, expected: int | None
) -> Tenant:
    """Give an organisation of the person's own another name. The session must see all tenants.

    Raises:
        NotAMember: 404, for one in which the person may not do this.
    """
    tenant = await session.scalar(
        select(Tenant)
        .join(Membership, Membership.tenant_id == Tenant.id)
        .join(Role, Role.id == Membership.role_id)
        .where(
            Tenant.id == tenant_id,
            Membership.user_id == admin.user_id,
            Membership.is_active,
            Role.built_in == OWNER.key,
        )
    )
    if tenant is None:
        raise NotAMember
    return await change_settings(session, tenant, {"organisation": name}, expected=expected)


async def change_settings(
    session: AsyncSession, tenant: Tenant, changes: Mapping[str, Any], *, expected: int | None
) -> Tenant:
    """Change `organisation` (the name), `public_url` or `action_expiry_days`."""
    require_version(tenant, expected)
    told: dict[str, tuple[Any, Any]] = {}
    for field, column in _SETTINGS.items():
        before = getattr(tenant, column)
        if field not in changes or changes[field] == before:
            continue
        if changes[field] is None and field != "public_url":
            continue
        told[field] = (before, changes[field])
        setattr(tenant, column, changes[field])
    if told:
        await session.flush()
        trail.note(
            session,
            "settings.changed",
            target_type="tenant",
            target_id=tenant.id,
            target_name=tenant.name,
            changes=told,
            tenant_id=tenant.id,
        )
        changed(session, "settings", tenant_id=tenant.id)
    return tenant


async def _free_slug(session: AsyncSession, name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    wanted = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:MAX_SLUG] or "organisation"
    taken = set(await session.scalars(select(Tenant.slug).where(Tenant.slug.startswith(wanted, autoescape=True))))
    slug, number = wanted, 1
    while slug in taken:
        number += 1
        slug = f"{wanted}-{number}"
    return slug
