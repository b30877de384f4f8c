"""Rules and writes of stored credentials, and the one way to open them."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from deployflow.identity.access import Principal
from deployflow.platform import clock, trail
from deployflow.platform.changes import changed
from deployflow.platform.errors import NotFound
from deployflow.platform.ids import new_id
from deployflow.platform.preconditions import require_version
from deployflow.platform.sealing import Sealer
from deployflow.secrets.errors import SecretMissing, SecretNameTaken
from deployflow.secrets.models import Secret


async def create(
    session: AsyncSession, sealer: Sealer, admin: Principal, *, name: str, kind: str, description: str, value: str
) -> Secret:
    """Keep a credential.

    Raises:
        SecretNameTaken: 409.
    """
    row = Secret(id=new_id(), tenant_id=admin.tenant_id, name=name, kind=kind, description=description)
    _set_value(row, sealer, admin, value)
    session.add(row)
    await _flush_name(session)
    _note(session, "secret.created", row, {"kind": (None, kind)})
    return row


async def change(
    session: AsyncSession,
    sealer: Sealer,
    admin: Principal,
    secret_id: UUID,
    *,
    name: str | None,
    description: str | None,
    value: str | None,
    expected: int | None,
) -> Secret:
    """Rename or describe it, or set another value.

    Raises:
        SecretNameTaken: 409.
    """
    row = await _get(session, secret_id, expected)
    told: dict[str, tuple[Any, Any]] = {}
    if name is not None and name != row.name:
        told["name"] = (row.name, name)
        row.name = name
    if description is not None and description != row.description:
        told["description"] = (row.description, description)
        row.description = description
    if value is not None:
        told["value"] = ("••••••", "••••••")
        _set_value(row, sealer, admin, value)
    if told:
        await _flush_name(session)
        _note(session, "secret.changed", row, told)
    return row


async def delete(session: AsyncSession, secret_id: UUID, *, expected: int | None) -> None:
    """Forget it. What still refers to it fails with `secret_missing` when it is needed."""
    row = await _get(session, secret_id, expected)
    await session.delete(row)
    await session.flush()
    _note(session, "secret.deleted", row, {})


async def require(session: AsyncSession, secret_ids: Iterable[UUID]) -> None:
    """See that all of them exist in the session's tenant, without opening any.

    Raises:
        SecretMissing: 404.
    """
    wanted = set(secret_ids)
    found = set(await session.scalars(select(Secret.id).where(Secret.id.in_(wanted)))) if wanted else set()
    if wanted - found:
        raise SecretMissing


async def open_values(session: AsyncSession, sealer: Sealer, secret_ids: Iterable[UUID]) -> dict[UUID, str]:
    """The values, for a domain that hands them to a device at this moment and keeps them nowhere.

    Works in a session of one tenant and in one that sees all.

    Raises:
        SecretMissing: when one was deleted meanwhile.
    """
    wanted = set(secret_ids)
    if not wanted:
        return {}
    rows = (await session.scalars(select(Secret).where(Secret.id.in_(wanted)))).all()
    if len(rows) != len(wanted):
        raise SecretMissing
    return {row.id: sealer.open(row.sealed, place=_place(row)).decode() for row in rows}


async def _get(session: AsyncSession, secret_id: UUID, expected: int | None) -> Secret:
    row = await session.get(Secret, secret_id)
    if row is None:
        raise NotFound
    require_version(row, expected)
    return row


def _set_value(row: Secret, sealer: Sealer, admin: Principal, value: str) -> None:
    row.sealed = sealer.seal(value.encode(), place=_place(row))
    row.set_at = clock.now()
    row.set_by_id, row.set_by_name = admin.id, admin.name


def _place(row: Secret) -> str:
    return f"{row.tenant_id}/secrets/{row.id}/value"


async def _flush_name(session: AsyncSession) -> None:
    try:
        await session.flush()
    except IntegrityError as error:
        raise SecretNameTaken from error


def _note(session: AsyncSession, verb: str, row: Secret, changes: dict[str, tuple[Any, Any]]) -> None:
    trail.note(session, verb, target_type="secret", target_id=row.id, target_name=row.name, changes=changes)
    changed(session, "secrets")
