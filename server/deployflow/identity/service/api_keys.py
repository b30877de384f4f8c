"""Keys for programs: made by a person, never stronger than that person is at the moment of use."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from deployflow.identity import tokens
from deployflow.identity.access import NEVER_FOR_API_KEYS, Principal
from deployflow.identity.errors import ExpiryWrong, PermissionUnknown, RightsExceeded
from deployflow.identity.models import ApiKey, User
from deployflow.identity.permissions import ALL
from deployflow.platform import clock, trail
from deployflow.platform.changes import changed
from deployflow.platform.errors import NotFound
from deployflow.platform.preconditions import require_version

# A key nobody looks after for a year should stop by itself.
LONGEST_LIFE = timedelta(days=365)


async def create(
    session: AsyncSession, admin: Principal, *, name: str, permissions: Iterable[str], expires_at: datetime | None
) -> tuple[ApiKey, str]:
    """A new key, and the only copy of what is sent with requests. Without an expiry it lasts a year.

    Raises:
        RightsExceeded: 403, for rights the admin lacks or no key may have.
        ExpiryWrong: 422.
    """
    wanted = sorted(set(permissions))
    unknown = [right for right in wanted if right not in ALL]
    if unknown:
        raise PermissionUnknown(f"There is no permission {unknown[0][:60]!r}")
    refused = [right for right in wanted if right not in admin.permissions or right in NEVER_FOR_API_KEYS]
    if refused:
        raise RightsExceeded(f"A key of yours cannot have {', '.join(refused)}")
    now = clock.now()
    # A browser's clock and the time to type may put "in a year" a little beyond it.
    if expires_at is not None and not now < expires_at <= now + LONGEST_LIFE + timedelta(days=1):
        raise ExpiryWrong
    key, public_id = tokens.new_api_key()
    row = ApiKey(
        tenant_id=admin.tenant_id,
        name=name,
        public_id=public_id,
        secret_hash=tokens.digest(key),
        permissions=wanted,
        created_by=await session.get(User, admin.user_id) if admin.user_id is not None else None,
        expires_at=expires_at or now + LONGEST_LIFE,
    )
    session.add(row)
    await session.flush()
    trail.note(
        session,
        "api_key.created",
        target_type="api_key",
        target_id=row.id,
        target_name=row.name,
        changes={"permissions": (None, wanted), "expires_at": (None, row.expires_at)},
    )
    changed(session, "api_keys")
    return row, key


async def revoke(session: AsyncSession, key_id: UUID, *, expected: int | None) -> None:
    """End a key now. The row stays, so that the trail can still name it."""
    row = await session.get(ApiKey, key_id)
    if row is None:
        raise NotFound
    require_version(row, expected)
    if row.revoked_at is not None:
        return
    row.revoked_at = clock.now()
    trail.note(session, "api_key.revoked", target_type="api_key", target_id=row.id, target_name=row.name)
    changed(session, "api_keys")
