"""Periodic work of identity."""

from datetime import timedelta

from sqlalchemy import delete

from deployflow.identity.last_used import LastUsed
from deployflow.identity.models import Invitation, SignInChallenge, SignInThrottle, UserSession
from deployflow.identity.throttle import FORGET_AFTER
from deployflow.platform import clock
from deployflow.platform.context import system_context
from deployflow.platform.periodic import Periodic
from deployflow.platform.runtime import Runtime

FLUSH_EVERY = timedelta(minutes=1)
SWEEP_EVERY = timedelta(minutes=15)


def periodic_work(runtime: Runtime) -> list[Periodic]:
    """Write when sessions were last used; forget what has ended."""
    return [
        Periodic("identity_last_used", FLUSH_EVERY, runtime.part(LastUsed).flush),
        Periodic("identity_sweep", SWEEP_EVERY, lambda: sweep(runtime), exclusive=True),
    ]


async def sweep(runtime: Runtime) -> None:
    """Remove ended sessions, challenges and invitations, and failures long past."""
    now = clock.now()
    async with runtime.db.write(system_context()) as session:
        await session.execute(delete(UserSession).where(UserSession.expires_at <= now))
        # What another process saw in the last minute is not written yet.
        idle = now - runtime.settings.session_idle - FLUSH_EVERY
        await session.execute(delete(UserSession).where(UserSession.last_used_at <= idle))
        await session.execute(delete(SignInChallenge).where(SignInChallenge.expires_at <= now))
        await session.execute(delete(Invitation).where(Invitation.expires_at <= now))
        await session.execute(delete(SignInThrottle).where(SignInThrottle.last_failed_at <= now - FORGET_AFTER))
