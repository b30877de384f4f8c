"""Sends a file to a socket inside the kernel: no byte of it passes through Python.

Reading a file may wait for a disk, so it is done in a thread, in short turns; the event loop waits for the socket.
"""

import asyncio
import os
import select
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from deployflow.platform.threads import in_thread

POSSIBLE = hasattr(os, "sendfile")
THREADS = 16
# A turn ends when its time is over, so that sixteen downloads do not keep the seventeenth waiting, or when the client
# takes nothing for a moment, so that a slow one keeps no thread.
TURN_S = 0.1
SLOW_AFTER_MS = 10
AT_ONCE = 8 * 1024 * 1024
# Whoever takes nothing for this long has gone without saying so.
STALLED_S = 60.0
_threads: ThreadPoolExecutor | None = None


async def send_file(cycle: RequestResponseCycle, file: int, offset: int, count: int) -> None:
    """The body of an answer whose headers were sent: `count` bytes of `file`. Gives up when the client is gone."""
    transport = cycle.transport
    while transport.get_write_buffer_size() and not transport.is_closing():  # noqa: ASYNC110  it has no event for that
        await asyncio.sleep(0.001)
    if transport.is_closing():
        return
    # The loop owns the transport's own descriptor and lets nobody else wait for it.
    connection = os.dup(transport.get_extra_info("socket").fileno())
    try:
        while count and not cycle.disconnected:
            sent, full = await in_thread(_take_turn, connection, file, offset, count, executor=_pool())
            offset, count = offset + sent, count - sent
            if full and count:
                await asyncio.wait_for(_writable(connection), STALLED_S)
    except (ConnectionError, TimeoutError):
        transport.close()
    finally:
        os.close(connection)
    # The cycle counts what passes through it.
    cycle.expected_content_length = 0


def _take_turn(connection: int, file: int, offset: int, count: int) -> tuple[int, bool]:
    """What was sent, and whether the socket takes no more for now."""
    sent, ends = 0, time.monotonic() + TURN_S
    poll = select.poll()
    poll.register(connection, select.POLLOUT)
    while sent < count and time.monotonic() < ends:
        try:
            done = os.sendfile(connection, file, offset + sent, min(AT_ONCE, count - sent))
        except BlockingIOError:
            if not poll.poll(SLOW_AFTER_MS):
                return sent, True
            continue
        if done == 0:
            raise OSError("the file is shorter than it was")
        sent += done
    return sent, False


async def _writable(connection: int) -> None:
    loop = asyncio.get_running_loop()
    ready = loop.create_future()

    def on_ready() -> None:
        if not ready.done():
            ready.set_result(None)

    loop.add_writer(connection, on_ready)
    try:
        await ready
    finally:
        with suppress(OSError):
            loop.remove_writer(connection)


def _pool() -> ThreadPoolExecutor:
    global _threads  # noqa: PLW0603  made by the first download of the process
    if _threads is None:
        _threads = ThreadPoolExecutor(THREADS, "send-file")
    return _threads
