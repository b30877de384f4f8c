"""What domains above add to a device's page without this one knowing them."""

from collections.abc import Awaitable, Callable
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

Count = Callable[[AsyncSession, UUID], Awaitable[int]]


async def _none(_session: AsyncSession, _device_id: UUID) -> int:
    return 0


_active_actions: list[Count] = [_none]


def count_active_actions_by(count: Count) -> None:
    """Let the actions domain say how many actions of a device are not at their end."""
    _active_actions[0] = count


async def active_actions(session: AsyncSession, device_id: UUID) -> int:
    return await _active_actions[0](session, device_id)
