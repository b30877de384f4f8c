"""How fast files leave: one device, and all of them together, each no faster than the operator allows."""

import asyncio
import time
from collections.abc import Sequence
from uuid import UUID
from weakref import WeakValueDictionary

from deployflow.platform.runtime import Runtime

# Small enough that a slow limit is kept evenly, large enough to cost nothing at a fast one.
SLICE_BYTES = 256 * 1024
# What was not used for a moment may be caught up with.
BURST_S = 0.5


class Bucket:
    """So many bytes a second, over everybody who takes from it."""

    def __init__(self, per_second: int) -> None:
        self.per_second = per_second
        self._free_at = 0.0

    def reserve(self, count: int) -> float:
        """Take so many; gives how long to wait before they may leave."""
        now = time.monotonic()
        begins = max(self._free_at, now - BURST_S)
        self._free_at = begins + count / self.per_second
        return max(0.0, self._free_at - now)


class Pace:
    """The limits that hold for one download."""

    def __init__(self, buckets: Sequence[Bucket], *, per_second: int | None) -> None:
        self._buckets = buckets
        self.per_second = per_second

    async def take(self, count: int) -> None:
        """Wait until so many bytes may leave."""
        await asyncio.sleep(max((bucket.reserve(count) for bucket in self._buckets), default=0.0))


class Paces:
    """Those of one process."""

    def __init__(self, runtime: Runtime) -> None:
        settings = runtime.settings
        self._device_rate = None if settings.device_download_rate is None else int(settings.device_download_rate)
        self._total = None if settings.download_rate is None else Bucket(int(settings.download_rate))
        self._devices: WeakValueDictionary[UUID, Bucket] = WeakValueDictionary()

    def of(self, device_id: UUID) -> Pace | None:
        """What holds for a device's downloads, all of them together; None where nothing was set."""
        buckets = [] if self._total is None else [self._total]
        if self._device_rate is not None:
            own = self._devices.get(device_id) or Bucket(self._device_rate)
            self._devices[device_id] = own
            buckets.append(own)
        return Pace(buckets, per_second=self._device_rate) if buckets else None
