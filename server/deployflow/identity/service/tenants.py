"""Organisations: how one begins, and what it is called."""

import re
import unicodedata

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from deployflow.identity.models import Role, Tenant
from deployflow.identity.permissions import BUILT_IN

MAX_SLUG = 50


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
