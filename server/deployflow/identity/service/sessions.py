"""Signed-in browsers: how a session begins, moves, is confirmed and ends."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from deployflow.identity import tokens
from deployflow.identity.access import Principal
from deployflow.identity.errors import NotAMember
from deployflow.identity.models import Membership, Tenant, User, UserSession
from deployflow.platform import clock, trail
from deployflow.platform.errors import NotFound
from deployflow.platform.settings import Settings

# How long the password counts as freshly given (security design A.6: at most 5 minutes).
STEP_UP = timedelta(minutes=5)
MAX_USER_AGENT = 300


@dataclass(frozen=True, slots=True)
class NewSession:
    """A session just made or rotated, with the only copy of the token its cookie carries."""

    session_id: UUID
    user_id: UUID
    tenant_id: UUID
    token: str
    public_url: str | None


async def start(
    session: AsyncSession, settings: Settings, *, user: User, tenant: Tenant, ip: str | None, user_agent: str | None
) -> NewSession:
    """A new session of a person who has just proved who they are."""
    now = clock.now()
    token = tokens.new_token()
    row = UserSession(
        token_hash=tokens.digest(token),
        user_id=user.id,
        tenant_id=tenant.id,
        expires_at=now + settings.session_absolute,
        step_up_until=now + STEP_UP,
        ip=ip,
        user_agent=(user_agent or "")[:MAX_USER_AGENT] or None,
    )
    session.add(row)
    await session.execute(update(User).where(User.id == user.id).values(last_sign_in_at=now))
    await session.flush()
    return NewSession(row.id, user.id, tenant.id, token, tenant.public_url)


async def rotate(session: AsyncSession, session_id: UUID, *, step_up: bool) -> NewSession:
    """The same session under a new token, so that a copy of the old one is worth nothing."""
    row = await session.get_one(UserSession, session_id)
    token = tokens.new_token()
    row.token_hash = tokens.digest(token)
    if step_up:
        row.step_up_until = clock.now() + STEP_UP
    tenant = await session.get_one(Tenant, row.tenant_id)
    return NewSession(row.id, row.user_id, row.tenant_id, token, tenant.public_url)


async def choose_tenant(session: AsyncSession, admin: Principal, tenant_id: UUID) -> NewSession:
    """Go to another organisation the person belongs to. The session must see all tenants.

    Raises:
        NotAMember: 404, also when there is no such organisation.
    """
    tenant = await session.scalar(
        select(Tenant)
        .join(Membership, Membership.tenant_id == Tenant.id)
        .where(Tenant.id == tenant_id, Membership.user_id == admin.user_id, Membership.is_active)
    )
    if tenant is None or admin.session_id is None:
        raise NotAMember
    await session.execute(update(UserSession).where(UserSession.id == admin.session_id).values(tenant_id=tenant.id))
    trail.note(
        session,
        "session.tenant_chosen",
        target_type="tenant",
        target_id=tenant.id,
        target_name=tenant.name,
        tenant_id=tenant.id,
    )
    return await rotate(session, admin.session_id, step_up=False)


async def end(session: AsyncSession, admin: Principal, session_id: UUID) -> None:
    """Sign one of the person's own sessions out.

    Raises:
        NotFound: 404, also for somebody else's.
    """
    row = await session.get(UserSession, session_id)
    if row is None or row.user_id != admin.user_id:
        raise NotFound
    await session.delete(row)
    trail.note(
        session,
        "session.signed_out",
        target_type="user",
        target_id=admin.user_id,
        target_name=admin.name,
    )


async def end_all(
    session: AsyncSession, user_id: UUID, *, tenant_id: UUID | None = None, keep: UUID | None = None
) -> None:
    """Sign a person out everywhere, or everywhere in one tenant."""
    gone = delete(UserSession).where(UserSession.user_id == user_id)
    if tenant_id is not None:
        gone = gone.where(UserSession.tenant_id == tenant_id)
    if keep is not None:
        gone = gone.where(UserSession.id != keep)
    await session.execute(gone)
