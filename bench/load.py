"""The load: ready-made requests over a fixed number of connections, each asking again as soon as it is answered.

A few lines of protocol instead of an HTTP client: it must cost far less than what it measures. Each run says how
busy it was itself.
"""

import asyncio
import re
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import cast

_LENGTH = re.compile(rb"\r\ncontent-length: ?(\d+)", re.IGNORECASE)
END = b"\r\n\r\n"
STALLED_AFTER_S = 120


@dataclass(slots=True)
class Run:
    """What came of it."""

    seconds: float = 0.0
    own_cpu_s: float = 0.0
    statuses: Counter[int] = field(default_factory=Counter)
    latencies: list[float] = field(default_factory=list)
    last_bad: bytes = b""

    @property
    def rate(self) -> float:
        return sum(self.statuses.values()) / self.seconds

    @property
    def own_share(self) -> float:
        """How busy the load itself was: near 1 means that it was measured, not the server."""
        return self.own_cpu_s / self.seconds


class LoadFailed(Exception):
    """The server did not answer as it should: there is nothing to measure."""


class _Connection(asyncio.Protocol):
    def __init__(self, requests: Iterator[bytes], run: Run, done: asyncio.Future[None]) -> None:
        self._requests = requests
        self._run = run
        self._done = done
        self._buffer = b""
        self._sent = 0.0
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._next()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head = self._buffer.find(END)
        if head < 0:
            return
        length = _LENGTH.search(self._buffer, 0, head + 2)
        whole = head + len(END) + (int(length[1]) if length else 0)
        if len(self._buffer) < whole:
            return
        self._run.latencies.append(time.perf_counter() - self._sent)
        status = int(self._buffer[9:12])
        self._run.statuses[status] += 1
        if status >= 400:
            self._run.last_bad = self._buffer[:2000]
        self._buffer = self._buffer[whole:]
        self._next()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._done.done():
            self._done.set_exception(LoadFailed(f"the server closed the connection ({exc})"))

    def _next(self) -> None:
        request = next(self._requests, None)
        assert self._transport is not None
        if request is None:
            if not self._done.done():
                self._done.set_result(None)
            self._transport.close()
            return
        self._sent = time.perf_counter()
        self._transport.write(request)


async def hammer(port: int, requests: Sequence[bytes], *, connections: int) -> Run:
    """Send all requests; every answer has to be a good one.

    Raises:
        LoadFailed: naming what was answered instead.
    """
    loop = asyncio.get_running_loop()
    run, pending = Run(), iter(requests)
    ends = [loop.create_future() for _ in range(min(connections, len(requests)))]
    started, cpu = time.perf_counter(), time.process_time()
    for end in ends:
        await loop.create_connection(lambda end=end: _Connection(pending, run, end), "127.0.0.1", port)
    await asyncio.wait_for(asyncio.gather(*ends), STALLED_AFTER_S)
    run.seconds = time.perf_counter() - started
    run.own_cpu_s = time.process_time() - cpu
    if any(status >= 400 for status in run.statuses):
        raise LoadFailed(f"answers {dict(run.statuses)}, such as {run.last_bad.decode(errors='replace')}")
    return run
