"""Reads of identity."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import contains_eager, selectinload

from deployflow import __version__
from deployflow.identity.access import Principal
from deployflow.identity.models import ApiKey, Membership, Role, Tenant, User, UserSession
from deployflow.identity.permissions import granted
from deployflow.platform import clock
from deployflow.platform.context import Context
from deployflow.platform.errors import NotFound
from deployflow.platform.paging import ListField, ListParams, ListSpec, fetch_page
from deployflow.platform.runtime import Runtime
from deployflow.platform.settings import Settings


async def me(session: AsyncSession, *, session_id: UUID) -> dict[str, Any]:
    """Who is signed in, where, and what they may do. The session must see all tenants."""
    row = (
        await session.execute(
            select(UserSession, User, Tenant, Role)
            .join(User, User.id == UserSession.user_id)
            .join(Tenant, Tenant.id == UserSession.tenant_id)
            .join(
                Membership,
                (Membership.user_id == UserSession.user_id) & (Membership.tenant_id == UserSession.tenant_id),
            )
            .join(Role, Role.id == Membership.role_id)
            .where(UserSession.id == session_id)
        )
    ).one_or_none()
    if row is None:
        raise NotFound
    here, user, tenant, role = row
    tenants = await session.scalars(
        select(Tenant)
        .join(Membership, Membership.tenant_id == Tenant.id)
        .where(Membership.user_id == user.id, Membership.is_active)
        .order_by(Tenant.name)
    )
    stepped_up = here.step_up_until is not None and here.step_up_until > clock.now()
    return {
        "user": user,
        "tenant": tenant,
        "tenants": tenants.all(),
        "role": role,
        "permissions": sorted(granted(role.built_in, role.permissions)),
        "step_up_until": here.step_up_until if stepped_up else None,
        "version": __version__,
    }


async def read_me(runtime: Runtime, session_id: UUID | None) -> dict[str, Any]:
    """`me` of a session that was just committed, in a snapshot of its own."""
    assert session_id is not None
    async with runtime.db.read(Context(all_tenants=True)) as session:
        return await me(session, session_id=session_id)


async def list_sessions(session: AsyncSession, admin: Principal) -> dict[str, Any]:
    """The person's own signed-in browsers, the last used first."""
    found = await session.scalars(
        select(UserSession)
        .where(UserSession.user_id == admin.user_id, UserSession.expires_at > clock.now())
        .order_by(UserSession.last_used_at.desc())
    )
    return {
        "items": [
            {
                "id": row.id,
                "created_at": row.created_at,
                "last_used_at": row.last_used_at,
                "ip": row.ip,
                "user_agent": row.user_agent,
                "current": row.id == admin.session_id,
            }
            for row in found
        ]
    }


def _members() -> Select[Membership]:
    return (
        select(Membership)
        .join(Membership.user)
        .join(Membership.role)
        .options(contains_eager(Membership.user), contains_eager(Membership.role))
    )


def _search_members(words: str) -> ColumnElement[bool]:
    return or_(*(func.lower(column).contains(words.lower(), autoescape=True) for column in (User.name, User.email)))


MEMBERS = ListSpec(
    fields={
        "name": ListField(User.name, sortable=True),
        "email": ListField(User.email, sortable=True),
        "role_id": ListField(Membership.role_id, UUID),
        "is_active": ListField(Membership.is_active, bool),
        "last_sign_in_at": ListField(User.last_sign_in_at, datetime, sortable=True),
        "created_at": ListField(Membership.created_at, datetime, sortable=True),
    },
    key=Membership.id,
    default_sort="name",
    search=_search_members,
)


async def list_members(session: AsyncSession, params: ListParams) -> dict[str, Any]:
    """A page of the organisation's people."""
    rows, cursor, total = await fetch_page(session, _members(), MEMBERS, params)
    return {"items": [member_shape(row) for row in rows], "next_cursor": cursor, "total": total}


async def get_member(session: AsyncSession, user_id: UUID) -> Membership:
    """One person of the session's tenant.

    Raises:
        NotFound: 404.
    """
    found = await session.scalar(_members().where(Membership.user_id == user_id))
    if found is None:
        raise NotFound
    return found


def member_shape(member: Membership) -> dict[str, Any]:
    """A person as the organisation sees them: what they are in it, under their own id."""
    user = member.user
    return {
        "id": user.id,
        "email": user.email,
        "name": user.name,
        "role": member.role,
        "is_active": member.is_active,
        "totp_enabled": user.totp_enabled,
        "last_sign_in_at": user.last_sign_in_at,
        "created_at": member.created_at,
        "version": member.version,
    }


ROLES = ListSpec(
    fields={
        "name": ListField(Role.name, sortable=True),
        "created_at": ListField(Role.created_at, datetime, sortable=True),
    },
    key=Role.id,
    default_sort="created_at",
    search=lambda words: func.lower(Role.name).contains(words.lower(), autoescape=True),
)


async def list_roles(session: AsyncSession, params: ListParams) -> dict[str, Any]:
    """A page of roles, the built-in ones first."""
    rows, cursor, total = await fetch_page(session, select(Role), ROLES, params)
    counts = await _people_by_role(session, [row.id for row in rows])
    return {
        "items": [role_shape(row, counts.get(row.id, 0)) for row in rows],
        "next_cursor": cursor,
        "total": total,
    }


async def get_role(session: AsyncSession, role_id: UUID) -> dict[str, Any]:
    """One role.

    Raises:
        NotFound: 404.
    """
    role = await session.get(Role, role_id)
    if role is None:
        raise NotFound
    return role_shape(role, (await _people_by_role(session, [role.id])).get(role.id, 0))


def role_shape(role: Role, user_count: int) -> dict[str, Any]:
    return {
        "id": role.id,
        "name": role.name,
        "description": role.description,
        "permissions": sorted(granted(role.built_in, role.permissions)),
        "built_in": role.built_in is not None,
        "user_count": user_count,
        "version": role.version,
    }


async def _people_by_role(session: AsyncSession, role_ids: list[UUID]) -> dict[UUID, int]:
    found = await session.execute(
        select(Membership.role_id, func.count().label("people"))
        .where(Membership.role_id.in_(role_ids))
        .group_by(Membership.role_id)
    )
    return {row.role_id: row.people for row in found}


API_KEYS = ListSpec(
    fields={
        "name": ListField(ApiKey.name, sortable=True),
        "created_at": ListField(ApiKey.created_at, datetime, sortable=True),
        "last_used_at": ListField(ApiKey.last_used_at, datetime, sortable=True),
        "expires_at": ListField(ApiKey.expires_at, datetime, sortable=True),
        "revoked_at": ListField(ApiKey.revoked_at, datetime),
    },
    key=ApiKey.id,
    default_sort="-created_at",
    search=lambda words: func.lower(ApiKey.name).contains(words.lower(), autoescape=True),
)


async def list_api_keys(session: AsyncSession, params: ListParams) -> dict[str, Any]:
    """A page of keys, those that ended too."""
    statement = select(ApiKey).options(selectinload(ApiKey.created_by))
    rows, cursor, total = await fetch_page(session, statement, API_KEYS, params)
    return {"items": rows, "next_cursor": cursor, "total": total}


async def tenants_of(session: AsyncSession, user_id: UUID) -> list[Tenant]:
    """The organisations a person belongs to. The session must see all tenants."""
    found = await session.scalars(
        select(Tenant)
        .join(Membership, Membership.tenant_id == Tenant.id)
        .where(Membership.user_id == user_id)
        .order_by(Tenant.name)
    )
    return list(found)


async def current_tenant(session: AsyncSession) -> Tenant:
    """The organisation of the session."""
    return await session.get_one(Tenant, session.info["context"].tenant_id)


async def public_url(session: AsyncSession, settings: Settings, *, tenant_id: UUID | None = None) -> str | None:
    """How browsers and devices of an organisation, the session's unless named, reach this server.

    What the organisation says of itself comes before what was set for the whole server; None when nobody said.
    """
    wanted = tenant_id or session.info["context"].tenant_id
    said = await session.scalar(select(Tenant.public_url).where(Tenant.id == wanted))
    return said or settings.public_url


async def action_expiry_days(session: AsyncSession) -> int:
    """After how many days an action nobody fetched is over, in the session's organisation."""
    return (await current_tenant(session)).action_expiry_days
