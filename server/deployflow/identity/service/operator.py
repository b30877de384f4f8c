"""What the operator does at the command line: people and keys without signing in.

Whoever can read the server's database and key may do everything anyway; the trail calls them `system`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from deployflow.identity import passwords, throttle
from deployflow.identity.access import NEVER_FOR_API_KEYS, Principal, system_principal
from deployflow.identity.errors import NoSuchRole, NoSuchTenant, NoSuchUser, SetupDone, TenantUnclear
from deployflow.identity.models import Membership, Role, Tenant, User
from deployflow.identity.permissions import OWNER, granted
from deployflow.identity.service import api_keys, members, setup
from deployflow.platform import clock, trail
from deployflow.platform.context import system_context
from deployflow.platform.runtime import Runtime


@dataclass(frozen=True, slots=True)
class Made:
    """A person, and the token of the one-time link (`/welcome/#<token>`) where they have no password yet."""

    user_id: UUID
    email: str
    name: str
    role: str
    tenant: str
    invite_token: str | None


@dataclass(frozen=True, slots=True)
class MadeKey:
    """An API key; `key` is the only copy."""

    id: UUID
    name: str
    key: str
    permissions: list[str]
    expires_at: datetime | None


async def create_user(
    runtime: Runtime,
    *,
    email: str,
    name: str,
    role: str = OWNER.name,
    tenant: str | None = None,
    password: str | None = None,
    organisation: str = "My organisation",
) -> Made:
    """Add a person. On an empty installation this is the set-up: they become Owner of a new `organisation`.

    `tenant` is its slug and may be left out where there is one only; without a password the person gets a one-time
    link.
    """
    hashed = None
    if password is not None:
        passwords.check(password, with_totp=False, words=(name, email, organisation))
        hashed = await passwords.hash_password(password)
    if await runtime.part(setup.SetupGate).is_open():
        return await _first_owner(runtime, email=email, name=name, hashed=hashed, organisation=organisation)
    chosen = await find_tenant(runtime, tenant)
    async with runtime.db.write(system_context(chosen.id)) as session:
        found = await session.scalar(select(Role).where(Role.name == role))
        if found is None:
            raise NoSuchRole(f"There is no role {role!r}; there are {await _role_names(session)}")
        member, token = await members.invite(
            session, system_principal(chosen.id), email=email, name=name, role_id=found.id
        )
        if hashed is not None and token is not None:
            member.user.password_hash, member.user.password_set_at = hashed, clock.now()
            token = None
        return Made(member.user.id, member.user.email, member.user.name, found.name, chosen.slug, token)


async def reset_user(runtime: Runtime, *, email: str) -> Made:
    """Let a person in again: a new one-time link; password, authenticator, sessions and locks of before are gone."""
    async with runtime.db.write(system_context()) as session:
        user, membership, tenant, role = await _find_user(session, email)
        token = await members.forget_credentials(session, user, tenant.id)
        await throttle.forget_failures(session, user.email)
        trail.note(
            session,
            "user.sign_in_reset",
            target_type="user",
            target_id=user.id,
            target_name=user.email,
            tenant_id=membership.tenant_id,
        )
        return Made(user.id, user.email, user.name, role.name, tenant.slug, token)


async def create_api_key(
    runtime: Runtime,
    *,
    email: str,
    name: str,
    permissions: Sequence[str] | None = None,
    expires_at: datetime | None = None,
) -> MadeKey:
    """A key in the name of a person; without `permissions` it gets all that person has and a key may have."""
    async with runtime.db.read(system_context()) as session:
        user, _membership, tenant, role = await _find_user(session, email)
    allowed = granted(role.built_in, role.permissions)
    admin = Principal(type="system", id=None, user_id=user.id, name="system", tenant_id=tenant.id, permissions=allowed)
    wanted = list(permissions) if permissions is not None else sorted(allowed - NEVER_FOR_API_KEYS)
    async with runtime.db.write(system_context(tenant.id)) as session:
        row, key = await api_keys.create(session, admin, name=name, permissions=wanted, expires_at=expires_at)
        return MadeKey(row.id, row.name, key, row.permissions, row.expires_at)


async def list_users(runtime: Runtime, *, tenant: str | None = None) -> list[dict[str, object]]:
    """The people of one organisation, or of all."""
    async with runtime.db.read(system_context()) as session:
        statement = (
            select(User, Role.name, Tenant.slug, Membership.is_active)
            .join(Membership, Membership.user_id == User.id)
            .join(Role, Role.id == Membership.role_id)
            .join(Tenant, Tenant.id == Membership.tenant_id)
            .order_by(Tenant.slug, User.email)
        )
        if tenant is not None:
            statement = statement.where(Tenant.slug == tenant)
        return [
            {
                "id": user.id,
                "email": user.email,
                "name": user.name,
                "role": role,
                "tenant": slug,
                "is_active": is_active,
                "totp_enabled": user.totp_enabled,
                "last_sign_in_at": user.last_sign_in_at,
            }
            for user, role, slug, is_active in (await session.execute(statement)).all()
        ]


async def find_tenant(runtime: Runtime, slug: str | None = None) -> Tenant:
    """The organisation of that slug, or the only one.

    Raises:
        NoSuchTenant: 404.
        TenantUnclear: 409, when there are several and none was named.
    """
    async with runtime.db.read(system_context()) as session:
        found = (await session.scalars(select(Tenant).order_by(Tenant.created_at))).all()
    if slug is None and len(found) == 1:
        return found[0]
    known = ", ".join(tenant.slug for tenant in found)
    if slug is None:
        if not found:
            raise NoSuchTenant("Nobody has set this server up yet")
        raise TenantUnclear(f"Name the organisation: one of {known}")
    for tenant in found:
        if tenant.slug == slug:
            return tenant
    raise NoSuchTenant(f"There is no organisation {slug!r}; there are {known or 'none yet'}")


async def _first_owner(runtime: Runtime, *, email: str, name: str, hashed: str | None, organisation: str) -> Made:
    token = None
    try:
        async with runtime.db.write(system_context()) as session:
            user, tenant = await setup.make_first_owner(
                session, email=email, name=name, password_hash=hashed, organisation=organisation
            )
            if hashed is None:
                token = await members.new_invitation(session, user, tenant.id)
    except IntegrityError as error:
        raise SetupDone from error
    runtime.part(setup.SetupGate).shut = True
    runtime.settings.setup_token_file.unlink(missing_ok=True)
    return Made(user.id, user.email, user.name, OWNER.name, tenant.slug, token)


async def _find_user(session: AsyncSession, email: str) -> tuple[User, Membership, Tenant, Role]:
    statement = (
        select(User, Membership, Tenant, Role)
        .join(Membership, Membership.user_id == User.id)
        .join(Tenant, Tenant.id == Membership.tenant_id)
        .join(Role, Role.id == Membership.role_id)
        .where(User.email == email.strip().lower())
        .order_by(Membership.created_at)
        .limit(1)
    )
    row = (await session.execute(statement)).one_or_none()
    if row is None:
        raise NoSuchUser(f"Nobody here has the address {email}")
    return row[0], row[1], row[2], row[3]


async def _role_names(session: AsyncSession) -> str:
    return ", ".join(await session.scalars(select(Role.name).order_by(Role.created_at)))
