"""Blocking calls beside the event loop."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from contextlib import suppress
from threading import Event
from typing import Any, TypeVar

Answer = TypeVar("Answer")


async def in_thread(
    function: Callable[..., Answer], *args: Any, executor: Executor | None = None, stop: Event | None = None
) -> Answer:
    """Like `asyncio.to_thread`, but a cancelled caller leaves only when the function has ended.

    Whoever closes a file behind a thread that still writes to it writes to the file that gets its number next.
    `stop` is set when the caller is cancelled: a function that takes long looks at it.
    """
    working = asyncio.get_running_loop().run_in_executor(executor, function, *args)
    try:
        return await asyncio.shield(working)
    except asyncio.CancelledError:
        if stop is not None:
            stop.set()
        while not working.done():
            # Cancelled again, it still waits: the function ends by itself soon.
            with suppress(asyncio.CancelledError):
                await asyncio.wait([working])
        raise
