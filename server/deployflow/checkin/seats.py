"""Who is held, and how to wake them.

A held call is one task that waits to hear of its client's disconnect, under a time limit; waking it means bringing the
limit forward. So there is one task, one timer and a few hundred bytes of ours for each of ten thousand agents, and one
that hangs up is gone at once.
"""

import asyncio
import time
from collections.abc import Iterable
from uuid import UUID

from starlette.types import Receive

from deployflow.platform.express import ClientGone


class Seat:
    """One held call.

    Attributes:
        news: Something may have changed since the last look.
        changed: The device's own state or key changed.
        replaced: The same device has made a newer call.
    """

    __slots__ = ("_limit", "changed", "device_id", "news", "replaced")

    def __init__(self, device_id: UUID) -> None:
        self.device_id = device_id
        self.news = False
        self.changed = False
        self.replaced = False
        self._limit: asyncio.Timeout | None = None

    def wake(self) -> None:
        """End the wait, or the next one before it begins."""
        self.news = True
        limit = self._limit
        if limit is not None and not limit.expired():
            limit.reschedule(0)

    async def wait(self, receive: Receive, until: float) -> None:
        """Wait for a wake-up, or until the loop's clock says `until`.

        Raises:
            ClientGone: as soon as the client hangs up.
        """
        if self.news:
            return
        try:
            async with asyncio.timeout_at(until) as self._limit:
                await _disconnect(receive)
        except TimeoutError:
            return
        finally:
            self._limit = None
        raise ClientGone


async def is_gone(receive: Receive) -> bool:
    """Whether the client has hung up already, as far as this side can know."""
    try:
        async with asyncio.timeout(0):
            await _disconnect(receive)
    except TimeoutError:
        return False
    return True


async def _disconnect(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


class Seats:
    """All held calls of this process, one a device, and which devices are known to have nothing waiting.

    A wake-up may be lost: its sender killed between commit and sending, a connection that died unnoticed. So what is
    known this way is known for some minutes only, and then each device costs one look. Two generations spread those.
    """

    # 100 bytes each; when more devices than this were ever seen, starting anew costs each of them one look.
    MAX_CLEAN = 200_000
    # A mark lasts once to twice as long.
    CLEAN_FOR_S = 120.0

    def __init__(self) -> None:
        self._seats: dict[UUID, Seat] = {}
        self._clean: set[UUID] = set()
        self._clean_before: set[UUID] = set()
        self._turned_at = time.monotonic()

    def __len__(self) -> int:
        return len(self._seats)

    def sit(self, device_id: UUID) -> Seat:
        """A seat for a new call. An older call of the same device is released."""
        older = self._seats.get(device_id)
        if older is not None:
            older.replaced = True
            older.wake()
        seat = self._seats[device_id] = Seat(device_id)
        return seat

    def leave(self, seat: Seat) -> None:
        if self._seats.get(seat.device_id) is seat:
            del self._seats[seat.device_id]

    def is_clean(self, device_id: UUID) -> bool:
        """Whether a look of late found nothing and nobody said since that something changed."""
        self._age()
        return device_id in self._clean or device_id in self._clean_before

    def _age(self) -> None:
        now = time.monotonic()
        if now - self._turned_at < self.CLEAN_FOR_S:
            return
        self._clean_before = self._clean if now - self._turned_at < 2 * self.CLEAN_FOR_S else set()
        self._clean = set()
        self._turned_at = now

    def mark_clean(self, seat: Seat) -> None:
        """A look found nothing; unless there was news while it looked."""
        if seat.news or self._seats.get(seat.device_id) is not seat:
            return
        if len(self._clean) >= self.MAX_CLEAN:
            self._clean.clear()
        self._clean.add(seat.device_id)

    def there_is_work(self, device_ids: Iterable[str]) -> None:
        """There may be something to do for these devices, or to stop."""
        for key in device_ids:
            device_id = UUID(key)
            self._clean.discard(device_id)
            self._clean_before.discard(device_id)
            seat = self._seats.get(device_id)
            if seat is not None:
                seat.wake()

    def devices_changed(self, device_ids: Iterable[str]) -> None:
        """These devices themselves are not what they were."""
        for key in device_ids:
            seat = self._seats.get(UUID(key))
            if seat is not None:
                seat.changed = True
                seat.wake()

    def wake_all(self, *, forget: bool) -> None:
        """Everybody looks up. `forget`: what was known before may have become wrong."""
        if forget:
            self._clean.clear()
            self._clean_before.clear()
        for seat in self._seats.values():
            seat.changed = seat.changed or forget
            seat.wake()
