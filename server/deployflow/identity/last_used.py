"""When sessions and API keys were last used: kept in memory and written once a minute, not once a request."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import update

from deployflow.identity.models import ApiKey, UserSession
from deployflow.platform.context import system_context
from deployflow.platform.runtime import Runtime


class LastUsed:
    """What one process has seen since it last wrote."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self.sessions: dict[UUID, datetime] = {}
        self.api_keys: dict[UUID, datetime] = {}
        runtime.before_close(self.flush)

    async def flush(self) -> None:
        """Write what was seen. A row that another process touched later keeps the later time."""
        sessions, self.sessions = self.sessions, {}
        keys, self.api_keys = self.api_keys, {}
        if not sessions and not keys:
            return
        async with self._runtime.db.write(system_context()) as session:
            for row_id, at in sorted(sessions.items()):
                await session.execute(
                    update(UserSession)
                    .where(UserSession.id == row_id, UserSession.last_used_at < at)
                    .values(last_used_at=at)
                )
            for row_id, at in sorted(keys.items()):
                # Not an edit: the version, which is the ETag, stays.
                await session.execute(update(ApiKey).where(ApiKey.id == row_id).values(last_used_at=at))
