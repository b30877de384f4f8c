"""Tenants, people and keys, made straight in the database: no password is hashed where none is tested."""

from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from uuid import UUID

from sqlalchemy import select

from deployflow.identity import tokens
from deployflow.identity.models import ApiKey, Membership, Role, Tenant, User, UserSession
from deployflow.identity.service.tenants import create_tenant
from deployflow.platform import clock
from deployflow.platform.context import system_context
from deployflow.platform.db import Database

_number = count(1)


@dataclass(frozen=True, slots=True)
class SignedInUser:
    """A member of a tenant with a live session."""

    tenant_id: UUID
    user_id: UUID
    role_id: UUID
    session_id: UUID
    token: str


async def make_tenant(db: Database, *, name: str = "Contoso") -> Tenant:
    async with db.write(system_context()) as session:
        return await create_tenant(session, name=name)


async def make_role(db: Database, tenant_id: UUID, *permissions: str, name: str | None = None) -> Role:
    async with db.write(system_context()) as session:
        role = Role(tenant_id=tenant_id, name=name or f"Role {next(_number)}", permissions=list(permissions))
        session.add(role)
        return role


async def built_in_role(db: Database, tenant_id: UUID, key: str) -> Role:
    async with db.read(system_context()) as session:
        return (await session.scalars(select(Role).where(Role.tenant_id == tenant_id, Role.built_in == key))).one()


async def make_user(
    db: Database, *, email: str | None = None, name: str = "Ada", password_hash: str | None = None
) -> User:
    async with db.write(system_context()) as session:
        user = User(email=email or f"user{next(_number)}@example.com", name=name, password_hash=password_hash)
        session.add(user)
        return user


async def add_member(db: Database, tenant_id: UUID, user_id: UUID, role_id: UUID) -> Membership:
    async with db.write(system_context()) as session:
        membership = Membership(tenant_id=tenant_id, user_id=user_id, role_id=role_id)
        session.add(membership)
        return membership


async def start_session(db: Database, tenant_id: UUID, user_id: UUID, *, stepped_up: bool = True) -> tuple[UUID, str]:
    """The id of a new session and the token its cookie carries."""
    token = tokens.new_token()
    now = clock.now()
    async with db.write(system_context()) as session:
        row = UserSession(
            token_hash=tokens.digest(token),
            user_id=user_id,
            tenant_id=tenant_id,
            expires_at=now + timedelta(hours=12),
            step_up_until=now + timedelta(minutes=5) if stepped_up else None,
        )
        session.add(row)
        await session.flush()
        return row.id, token


async def signed_in_user(
    db: Database, tenant_id: UUID, *permissions: str, built_in: str | None = None, stepped_up: bool = True
) -> SignedInUser:
    """A new user whose role allows exactly these permissions, or is the built-in one named."""
    role = (
        await built_in_role(db, tenant_id, built_in)
        if built_in is not None
        else await make_role(db, tenant_id, *permissions)
    )
    user = await make_user(db)
    await add_member(db, tenant_id, user.id, role.id)
    session_id, token = await start_session(db, tenant_id, user.id, stepped_up=stepped_up)
    return SignedInUser(tenant_id=tenant_id, user_id=user.id, role_id=role.id, session_id=session_id, token=token)


async def make_api_key(db: Database, tenant_id: UUID, created_by: UUID, *permissions: str) -> str:
    """A key with these permissions; it works as far as its creator's role allows them too."""
    key, public_id = tokens.new_api_key()
    async with db.write(system_context()) as session:
        session.add(
            ApiKey(
                tenant_id=tenant_id,
                name=f"Key {next(_number)}",
                public_id=public_id,
                secret_hash=tokens.digest(key),
                permissions=list(permissions),
                created_by_id=created_by,
            )
        )
    return key
