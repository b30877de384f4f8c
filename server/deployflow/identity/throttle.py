"""Slows down who guesses.

Two walls. In the memory of a process, few tries a minute from one address for one account: that stops most and costs
nothing. In the database, where every process sees it, a lock on the account after more failures from anywhere, from
one minute up to fifteen. Both count names that do not exist as they count those that do, so neither says who exists.
"""

from datetime import datetime, timedelta
from math import ceil
from typing import TYPE_CHECKING

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from deployflow.identity.errors import TooManySignIns
from deployflow.identity.models import SignInThrottle
from deployflow.identity.tokens import digest
from deployflow.platform import clock
from deployflow.platform.runtime import Runtime

if TYPE_CHECKING:
    from limits import RateLimitItem

TRIES_PER_MINUTE = 5
# An office behind one address signs in more often than one person, but not twice a second.
TRIES_PER_PEER = 60
# A person who mistypes stays below; 10 guesses find no password that passes `passwords.check`.
FREE_FAILURES = 10
FIRST_LOCK = timedelta(minutes=1)
LONGEST_LOCK = timedelta(minutes=15)
# Without a new failure for so long, the count starts again.
FORGET_AFTER = timedelta(hours=24)


class PeerLimits:
    """Tries per minute, as one process counts them."""

    def __init__(self, _runtime: Runtime) -> None:
        # Loaded at the first sign-in: the package costs a start 0.2 s.
        from limits import RateLimitItemPerMinute  # noqa: PLC0415
        from limits.storage import MemoryStorage  # noqa: PLC0415
        from limits.strategies import MovingWindowRateLimiter  # noqa: PLC0415

        self._limiter: MovingWindowRateLimiter = MovingWindowRateLimiter(MemoryStorage())
        self._account: RateLimitItem = RateLimitItemPerMinute(TRIES_PER_MINUTE)
        self._peer: RateLimitItem = RateLimitItemPerMinute(TRIES_PER_PEER)

    def count_account(self, account: str, peer: str) -> None:
        """Count a try for one account from one address.

        Raises:
            TooManySignIns: 429 with Retry-After, when there were too many.
        """
        self._count(self._account, "account", account, peer)

    def count_peer(self, peer: str) -> None:
        """Count a try from one address, for whichever account: one password tried on many names.

        Raises:
            TooManySignIns: 429 with Retry-After, when there were too many.
        """
        self._count(self._peer, "peer", peer)

    def forget_account(self, account: str, peer: str) -> None:
        """The right password wipes the slate."""
        self._limiter.clear(self._account, "account", account, peer)

    def _count(self, limit: "RateLimitItem", *key: str) -> None:
        if self._limiter.hit(limit, *key):
            return
        window = self._limiter.get_window_stats(limit, *key)
        wait = max(1, ceil(window.reset_time - clock.now().timestamp()))
        raise TooManySignIns(retry_after_s=wait, quota=limit.amount)


async def refuse_while_locked(session: AsyncSession, account: str) -> None:
    """Refuse an account that failed too often, before its password is even looked at.

    Raises:
        TooManySignIns: 429 with Retry-After.
    """
    now = clock.now()
    until = await session.scalar(
        select(SignInThrottle.locked_until).where(SignInThrottle.account_hash == digest(account))
    )
    if until is not None and until > now:
        raise TooManySignIns(retry_after_s=ceil((until - now).total_seconds()))


async def note_failure(session: AsyncSession, account: str) -> None:
    """Count a failure, and lock the account when there were too many."""
    now = clock.now()
    row = await session.get(SignInThrottle, digest(account), with_for_update=True)
    if row is None:
        row = await _first_failure(session, account)
    elif now - row.last_failed_at > FORGET_AFTER:
        row.failures = 0
    row.failures += 1
    row.last_failed_at = now
    row.locked_until = _locked_until(row.failures, now)


async def _first_failure(session: AsyncSession, account: str) -> SignInThrottle:
    """A row to count in. Two processes may meet here; the second waits for the first and counts on."""
    try:
        async with session.begin_nested():
            row = SignInThrottle(account_hash=digest(account), failures=0)
            session.add(row)
    except IntegrityError:
        row = await session.get_one(SignInThrottle, digest(account), with_for_update=True)
    return row


async def forget_failures(session: AsyncSession, account: str) -> None:
    await session.execute(delete(SignInThrottle).where(SignInThrottle.account_hash == digest(account)))


def _locked_until(failures: int, now: datetime) -> datetime | None:
    if failures < FREE_FAILURES:
        return None
    factor: int = 1 << min(failures - FREE_FAILURES, 10)
    return now + min(FIRST_LOCK * factor, LONGEST_LOCK)
