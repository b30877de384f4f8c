"""Machines that wait to be let in: held calls, and how to wake them. No database session is open meanwhile."""

import asyncio
from collections.abc import Iterable
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from deployflow.boot.models import BootSession
from deployflow.deployments.announcing import LET_IN
from deployflow.platform.changes import changed, wake_after_commit
from deployflow.platform.runtime import Runtime

SESSION_CHANGED = "boot_session_changed"
"""The channel of sessions that changed; its keys are session ids."""


class Seat:
    """One held call."""

    __slots__ = ("_news", "replaced", "tenant_id")

    def __init__(self, tenant_id: UUID) -> None:
        self.tenant_id = tenant_id
        self.replaced = False
        self._news = asyncio.Event()

    def wake(self) -> None:
        self._news.set()

    async def wait(self, seconds: float) -> None:
        """Wait for news, or for so long."""
        try:
            async with asyncio.timeout(max(0.0, seconds)):
                await self._news.wait()
        except TimeoutError:
            return
        self._news.clear()


class Seats:
    """The held calls of this process, one a session."""

    def __init__(self, runtime: Runtime) -> None:
        self._seats: dict[UUID, Seat] = {}
        runtime.wakeups.listen(SESSION_CHANGED, self._wake_sessions)
        runtime.wakeups.listen(LET_IN, self._wake_organisations)
        runtime.wakeups.listen_for_gaps(self.wake_all)
        runtime.drain.listen(self.wake_all)

    def sit(self, session_id: UUID, tenant_id: UUID) -> Seat:
        """A seat for a new call. An older call of the same session is released."""
        older = self._seats.get(session_id)
        if older is not None:
            older.replaced = True
            older.wake()
        seat = self._seats[session_id] = Seat(tenant_id)
        return seat

    def leave(self, session_id: UUID, seat: Seat) -> None:
        if self._seats.get(session_id) is seat:
            del self._seats[session_id]

    def wake_all(self) -> None:
        for seat in self._seats.values():
            seat.wake()

    def _wake_sessions(self, keys: Iterable[str]) -> None:
        for key in keys:
            seat = self._seats.get(UUID(key))
            if seat is not None:
                seat.wake()

    def _wake_organisations(self, keys: Iterable[str]) -> None:
        wanted = set(keys)
        for seat in self._seats.values():
            if str(seat.tenant_id) in wanted:
                seat.wake()


def announce(session: AsyncSession, row: BootSession) -> None:
    """After the commit, tell the session's held call and the screens that it changed."""
    wake_after_commit(session, SESSION_CHANGED, str(row.id))
    changed(session, "boot_sessions", f"boot_session:{row.id}", tenant_id=row.tenant_id)
