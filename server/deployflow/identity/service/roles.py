"""Roles: sets of permissions an organisation makes for itself beside the built-in ones."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from deployflow.identity.access import Principal
from deployflow.identity.errors import NameTaken, PermissionUnknown, RightsExceeded, RoleBuiltIn, RoleInUse
from deployflow.identity.models import Membership, Role
from deployflow.identity.permissions import ALL
from deployflow.platform import trail
from deployflow.platform.changes import changed
from deployflow.platform.errors import NotFound
from deployflow.platform.preconditions import require_version


async def create(
    session: AsyncSession, admin: Principal, *, name: str, description: str, permissions: Iterable[str]
) -> Role:
    """A new role.

    Raises:
        RightsExceeded: 403, when it allows what the admin may not do.
        NameTaken: 409.
    """
    wanted = _grantable(admin, permissions)
    role = Role(tenant_id=admin.tenant_id, name=name, description=description, permissions=wanted)
    session.add(role)
    await _flush_name(session)
    trail.note(
        session,
        "role.created",
        target_type="role",
        target_id=role.id,
        target_name=role.name,
        changes={"permissions": (None, wanted)},
    )
    changed(session, "roles")
    return role


async def change(
    session: AsyncSession,
    admin: Principal,
    role_id: UUID,
    *,
    name: str | None,
    description: str | None,
    permissions: Iterable[str] | None,
    expected: int | None,
) -> Role:
    """Change a role; what it allows holds for its people from their next request on.

    Raises:
        RoleBuiltIn: 409.
        RightsExceeded: 403.
        NameTaken: 409.
    """
    role = await _own_role(session, admin, role_id, expected)
    before = {"name": role.name, "description": role.description, "permissions": list(role.permissions)}
    if name is not None:
        role.name = name
    if description is not None:
        role.description = description
    if permissions is not None:
        role.permissions = _grantable(admin, permissions)
    after = {"name": role.name, "description": role.description, "permissions": list(role.permissions)}
    if before != after:
        await _flush_name(session)
        trail.note(
            session,
            "role.changed",
            target_type="role",
            target_id=role.id,
            target_name=role.name,
            changes={field: (before[field], after[field]) for field in after if before[field] != after[field]},
        )
        changed(session, "roles")
    return role


async def delete(session: AsyncSession, admin: Principal, role_id: UUID, *, expected: int | None) -> None:
    """Remove a role that nobody has.

    Raises:
        RoleBuiltIn: 409.
        RoleInUse: 409.
    """
    role = await _own_role(session, admin, role_id, expected)
    if await session.scalar(select(Membership.id).where(Membership.role_id == role.id).limit(1)) is not None:
        raise RoleInUse
    await session.delete(role)
    try:
        await session.flush()
    except IntegrityError as error:
        # Somebody was given the role since we looked.
        raise RoleInUse from error
    trail.note(session, "role.deleted", target_type="role", target_id=role.id, target_name=role.name)
    changed(session, "roles")


async def _own_role(session: AsyncSession, admin: Principal, role_id: UUID, expected: int | None) -> Role:
    role = await session.get(Role, role_id)
    if role is None:
        raise NotFound
    require_version(role, expected)
    if role.built_in is not None:
        raise RoleBuiltIn
    if not ALL.intersection(role.permissions) <= admin.permissions:
        raise RightsExceeded(f"The role {role.name} allows more than yours does")
    return role


def _grantable(admin: Principal, permissions: Iterable[str]) -> list[str]:
    wanted = sorted(set(permissions))
    unknown = [name for name in wanted if name not in ALL]
    if unknown:
        raise PermissionUnknown(f"There is no permission {unknown[0][:60]!r}")
    missing = [name for name in wanted if name not in admin.permissions]
    if missing:
        raise RightsExceeded(f"You do not have {', '.join(missing)} yourself")
    return wanted


async def _flush_name(session: AsyncSession) -> None:
    try:
        await session.flush()
    except IntegrityError as error:
        raise NameTaken from error
