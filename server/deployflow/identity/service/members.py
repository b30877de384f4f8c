"""People of an organisation: invited, given a role, switched off, removed.

Nobody acts on somebody who may do more than they may themselves, and nobody gives what they do not have: a person
with `users:write` cannot become Owner through somebody else's account.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm.attributes import flag_modified

from deployflow.identity import queries, throttle, tokens
from deployflow.identity.access import Principal
from deployflow.identity.errors import EmailTaken, LastOwner, NoSuchRole, RightsExceeded, UserOfOtherTenants
from deployflow.identity.models import ApiKey, Invitation, Membership, RecoveryCode, Role, User
from deployflow.identity.permissions import OWNER, granted
from deployflow.identity.service import sessions
from deployflow.platform import clock, trail
from deployflow.platform.changes import changed
from deployflow.platform.context import system_context
from deployflow.platform.preconditions import require_version

INVITATION_LIFETIME = timedelta(days=7)


async def invite(
    session: AsyncSession, admin: Principal, *, email: str, name: str, role_id: UUID
) -> tuple[Membership, str | None]:
    """Add a person. The token is for their one-time link; None when they already sign in here.

    Raises:
        EmailTaken: 409.
        RightsExceeded: 403.
    """
    role = await _grantable_role(session, admin, role_id)
    account = email.strip().lower()
    user = await session.scalar(select(User).where(User.email == account))
    if user is None:
        user = User(email=account, name=name)
        session.add(user)
        await session.flush()
    elif await session.scalar(select(Membership.id).where(Membership.user_id == user.id)) is not None:
        raise EmailTaken
    member = Membership(tenant_id=admin.tenant_id, user=user, role=role, is_active=True)
    session.add(member)
    await session.flush()
    token = await new_invitation(session, user, admin.tenant_id) if user.password_hash is None else None
    _note(session, "user.invited", user, {"role": (None, role.name)})
    return member, token


async def change(
    session: AsyncSession, admin: Principal, user_id: UUID, changes: Mapping[str, Any], *, expected: int | None
) -> Membership:
    """Change a person's `name`, `role_id` or `is_active`.

    Raises:
        RightsExceeded: 403.
        LastOwner: 409.
        UserOfOtherTenants: 409, for the name.
    """
    member = await queries.get_member(session, user_id)
    user = member.user
    require_version(member, expected)
    _must_outrank(admin, member.role)
    told: dict[str, tuple[Any, Any]] = {}
    if changes.get("role_id") not in {None, member.role_id}:
        role = await _grantable_role(session, admin, changes["role_id"])
        await _keep_an_owner(session, member)
        told["role"] = (member.role.name, role.name)
        member.role = role
    if changes.get("is_active") not in {None, member.is_active}:
        if not changes["is_active"]:
            await _keep_an_owner(session, member)
            await sessions.end_all(session, user.id, tenant_id=admin.tenant_id)
        told["is_active"] = (member.is_active, changes["is_active"])
        member.is_active = changes["is_active"]
    if changes.get("name") not in {None, user.name}:
        await _must_be_ours_alone(session, user)
        told["name"] = (user.name, changes["name"])
        user.name = changes["name"]
        # The name stands in another row: this one's version has to move on all the same.
        flag_modified(member, "is_active")
    if told:
        await session.flush()
        _note(session, "user.changed", user, told)
    return member


async def remove(session: AsyncSession, admin: Principal, user_id: UUID, *, expected: int | None) -> None:
    """Take a person out of the organisation; their API keys end with it.

    Raises:
        RightsExceeded: 403.
        LastOwner: 409.
    """
    member = await queries.get_member(session, user_id)
    require_version(member, expected)
    _must_outrank(admin, member.role)
    await _keep_an_owner(session, member)
    alone = not await _works_elsewhere(session, member.user)
    await session.delete(member)
    await session.execute(
        update(ApiKey)
        .where(ApiKey.created_by_id == user_id, ApiKey.revoked_at.is_(None))
        .values(revoked_at=clock.now())
    )
    await sessions.end_all(session, user_id, tenant_id=admin.tenant_id)
    await session.flush()
    _note(session, "user.removed", member.user, {"role": (member.role.name, None)})
    if alone:
        await session.execute(delete(User).where(User.id == user_id))


async def reset(session: AsyncSession, admin: Principal, user_id: UUID) -> tuple[Membership, str]:
    """Give a person a new one-time link: password, authenticator and sessions of before are gone.

    Raises:
        RightsExceeded: 403.
        UserOfOtherTenants: 409, but for the operator at the command line.
    """
    member = await queries.get_member(session, user_id)
    _must_outrank(admin, member.role)
    if admin.type == "system":
        # The operator stands above the organisations, and is who lets the last Owner of several in again.
        await throttle.forget_failures(session, member.user.email)
    else:
        await _must_be_ours_alone(session, member.user)
    token = await forget_credentials(session, member.user, admin.tenant_id)
    _note(session, "user.sign_in_reset", member.user, {})
    return member, token


async def forget_credentials(session: AsyncSession, user: User, tenant_id: UUID) -> str:
    """Nothing of before opens this account any more; the token of a new one-time link does."""
    user.password_hash = user.password_set_at = None
    user.totp_secret = user.totp_pending_secret = None
    await session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user.id))
    await sessions.end_all(session, user.id)
    return await new_invitation(session, user, tenant_id)


async def new_invitation(session: AsyncSession, user: User, tenant_id: UUID) -> str:
    """The token of a one-time link; links of before open nothing any more."""
    await session.execute(delete(Invitation).where(Invitation.user_id == user.id))
    token = tokens.new_token()
    session.add(
        Invitation(
            token_hash=tokens.digest(token),
            user_id=user.id,
            tenant_id=tenant_id,
            expires_at=clock.now() + INVITATION_LIFETIME,
        )
    )
    return token


async def _grantable_role(session: AsyncSession, admin: Principal, role_id: UUID) -> Role:
    role = await session.get(Role, role_id)
    if role is None:
        raise NoSuchRole
    _must_outrank(admin, role)
    return role


def _must_outrank(admin: Principal, role: Role) -> None:
    if not granted(role.built_in, role.permissions) <= admin.permissions:
        raise RightsExceeded(f"The role {role.name} allows more than yours does")


async def _keep_an_owner(session: AsyncSession, member: Membership) -> None:
    """Refuse to take the role from, or the organisation away from, its last active Owner."""
    if member.role.built_in != OWNER.key or not member.is_active:
        return
    # Locked, so that two Owners who demote each other at once do not both succeed.
    owners = await session.scalars(
        select(Membership.user_id)
        .where(Membership.role_id == member.role.id, Membership.is_active)
        .order_by(Membership.id)
        .with_for_update()
    )
    if not set(owners) - {member.user.id}:
        raise LastOwner


async def _must_be_ours_alone(session: AsyncSession, user: User) -> None:
    if await _works_elsewhere(session, user):
        raise UserOfOtherTenants


async def _works_elsewhere(session: AsyncSession, user: User) -> bool:
    """Whether the person belongs to another organisation too: the one question that looks over the fence."""
    here = session.info["context"]
    session.info["context"] = system_context()
    try:
        count = await session.scalar(select(func.count()).select_from(Membership).where(Membership.user_id == user.id))
    finally:
        session.info["context"] = here
    return (count or 0) > 1


def _note(session: AsyncSession, verb: str, user: User, changes: Mapping[str, tuple[Any, Any]]) -> None:
    trail.note(session, verb, target_type="user", target_id=user.id, target_name=user.email, changes=changes)
    changed(session, "users", f"user:{user.id}")
