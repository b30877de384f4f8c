"""A nonce is good once.

Each process remembers the nonces it saw until their requests expire. What must hold between processes, and over a
restart, spends its nonce in the database in its own transaction (`spend`): an enrolment, a lease, an inventory.
An idle check-in does not, so that it costs no write. On PostgreSQL the presence flush writes the nonces of those
along, so an idle check-in captured from one process and replayed at another within 5 s is held there; it can
show the device as online, and as soon as it would be given an action, spending its nonce fails. A process knows what
it wrote itself (`Spent`), so that a call it has held for long may still be given something.
"""

import time
from array import array
from collections.abc import Iterable
from datetime import UTC, datetime

from sqlalchemy import delete
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from deployflow.devices.errors import Replayed
from deployflow.devices.models import RequestNonce
from deployflow.platform.errors import TooManyRequests, Unavailable
from deployflow.platform.runtime import Runtime

BUCKET_S = 60
# About 70 bytes each. Only holders of a known key fill this: 3,300 requests a second with the longest lifetime.
MAX_NONCES = 2_000_000
# So that no single one of them fills it: 160 requests a second, far more than an agent sends.
MAX_OF_KEY = 10_000
# Keys are counted by a part of their hash, which nobody can aim at: in 128 KiB, whatever the fleet's size.
COUNTERS = 65_536


class TooManySigned(TooManyRequests):
    code = "too_many_requests"
    title = "This key signed more requests than any agent sends"


class Bucket:
    """What expires in one minute."""

    __slots__ = ("marks", "of_key")

    def __init__(self) -> None:
        self.marks: set[int] = set()
        self.of_key = array("H", bytes(2 * COUNTERS))


class Replays:
    """The nonces of one process. Buckets by the minute of expiry are forgotten whole."""

    def __init__(self) -> None:
        self._buckets: dict[int, Bucket] = {}
        self._count = 0

    def remember(self, keyid: str, nonce: str, expires: int, now: float) -> None:
        """Keep the nonce of a request that was verified.

        Raises:
            Replayed: when it is here already.
            TooManySigned: 429, of a key that would fill the memory alone.
        """
        # 64 bits of a hash whose key no attacker knows (PYTHONHASHSEED): a wrong hit is one in 10^12 at this size.
        mark = hash((keyid, nonce))
        for bucket in self._buckets.values():
            if mark in bucket.marks:
                raise Replayed
        minute = expires // BUCKET_S
        kept = self._buckets.get(minute)
        if kept is None:
            self._forget(now)
            kept = self._buckets[minute] = Bucket()
        counter = hash(keyid) % COUNTERS
        if kept.of_key[counter] >= MAX_OF_KEY:
            raise TooManySigned(retry_after_s=BUCKET_S)
        if self._count >= MAX_NONCES:
            self._forget(now)
            if self._count >= MAX_NONCES:
                raise Unavailable("Too many signed requests at once", retry_after_s=BUCKET_S)
        kept.marks.add(mark)
        kept.of_key[counter] += 1
        self._count += 1

    def _forget(self, now: float) -> None:
        present = int(now) // BUCKET_S
        for minute in [minute for minute in self._buckets if minute < present]:
            self._count -= len(self._buckets.pop(minute).marks)


async def spend(session: AsyncSession, *, keyid: str, nonce: str, expires: int) -> None:
    """Spend the nonce in this transaction, against every other process and life of the server.

    Raises:
        Replayed: when it was spent before.
    """
    row = RequestNonce(thumbprint=keyid, nonce=nonce, expires_at=datetime.fromtimestamp(expires, UTC))
    try:
        async with session.begin_nested():
            session.add(row)
    except IntegrityError as error:
        raise Replayed from error


class Spent:
    """The nonces that this process itself has written, or is writing: seeing them in the database is no replay.

    Marked before the write, because a lease and the presence flush may write the same nonce at the same moment, and
    neither must take the other for a thief.
    """

    def __init__(self, _runtime: Runtime) -> None:
        self._buckets: dict[int, set[int]] = {}

    def claim(self, keyid: str, nonce: str, expires: int) -> bool:
        """Mark a nonce as ours; False when it was already."""
        minute = expires // BUCKET_S
        kept = self._buckets.get(minute)
        if kept is None:
            present = int(time.time()) // BUCKET_S
            self._buckets = {number: marks for number, marks in self._buckets.items() if number >= present}
            kept = self._buckets[minute] = set()
        mark = hash((keyid, nonce))
        if mark in kept:
            return False
        kept.add(mark)
        return True

    def release(self, keyid: str, nonce: str, expires: int) -> None:
        """It turned out to be another process's: whoever uses it here sends it a second time."""
        self._buckets.get(expires // BUCKET_S, set()).discard(hash((keyid, nonce)))


async def spend_many(session: AsyncSession, spent: Spent, requests: Iterable[tuple[str, str, int]]) -> set[str]:
    """Spend the nonces of requests (keyid, nonce, expires) that are about to be handed something.

    Returns:
        The keyids of those that were handed something, or seen, by another process.
    """
    fresh = {(keyid, nonce): expires for keyid, nonce, expires in requests if spent.claim(keyid, nonce, expires)}
    if not fresh:
        return set()
    rows = [
        {"thumbprint": keyid, "nonce": nonce, "expires_at": datetime.fromtimestamp(expires, UTC)}
        for (keyid, nonce), expires in sorted(fresh.items())
    ]
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    statement = (
        insert(RequestNonce)
        .values(rows)
        .on_conflict_do_nothing()
        .returning(RequestNonce.thumbprint, RequestNonce.nonce)
    )
    written = {(keyid, nonce) for keyid, nonce in await session.execute(statement)}
    foreign = fresh.keys() - written
    for keyid, nonce in foreign:
        spent.release(keyid, nonce, fresh[keyid, nonce])
    return {keyid for keyid, _nonce in foreign}


async def forget_expired(session: AsyncSession) -> None:
    """Delete the nonces whose requests would be refused for their age."""
    await session.execute(
        delete(RequestNonce).where(RequestNonce.expires_at < datetime.fromtimestamp(time.time(), UTC))
    )
