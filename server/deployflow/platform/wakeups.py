"""Tells waiters that something changed: in this process at once, in the others over PostgreSQL's NOTIFY.

A wake-up says only that there is news on a channel for a key; what the news is stands in the database. It is
published after the commit, outside the hot transaction (a NOTIFY inside each insert more than halved the
throughput when measured), and several are sent as one.
"""

import asyncio
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import structlog
from sqlalchemy.engine import URL

from deployflow.platform.doorbell import Doorbell

if TYPE_CHECKING:
    import psycopg

log = structlog.get_logger(__name__)

POSTGRES_CHANNEL = "deployflow"
# PostgreSQL refuses payloads of 8,000 bytes and more; the rest is for the envelope around the keys.
KEY_BYTES_PER_MESSAGE = 7_500
# The first wake-up leaves at once, later ones wait for company at most this long.
COALESCE_S = 0.02
RECONNECT_S = 1.0
# A peer that vanished without a word is noticed within a minute, not within the two hours that TCP takes by itself.
KEEPALIVES = {"keepalives": "1", "keepalives_idle": "20", "keepalives_interval": "10", "keepalives_count": "3"}
# A process that ends does not wait longer for a database that is away.
LAST_WORDS_S = 2.0

Listener = Callable[[frozenset[str]], None]
GapListener = Callable[[], None]


class Wakeups:
    """Publish and listen, by channel. Listeners are called in the event loop and must not block."""

    def __init__(self, url: URL | None, doorbell: Doorbell | None = None) -> None:
        self._conninfo = None if url is None else _conninfo(url)
        self._doorbell = doorbell
        self._listeners: dict[str, list[Listener]] = defaultdict(list)
        self._gap_listeners: list[GapListener] = []
        self._unsent: dict[str, set[str]] = defaultdict(set)
        self._news = asyncio.Event()
        self._process = uuid4().hex
        self._tasks: list[asyncio.Task[None]] = []

    def listen(self, channel: str, listener: Listener) -> None:
        """Call `listener` with the keys of each wake-up on `channel`."""
        self._listeners[channel].append(listener)

    def listen_for_gaps(self, listener: GapListener) -> None:
        """Call `listener` after a time in which wake-ups of other processes may have been missed."""
        self._gap_listeners.append(listener)

    def publish(self, channel: str, keys: Iterable[str]) -> None:
        """Wake the waiters for `keys` here and in every other process."""
        wanted = frozenset(keys)
        if not wanted:
            return
        self._deliver(channel, wanted)
        if self._conninfo is not None:
            self._unsent[channel] |= wanted
            self._news.set()
        elif self._doorbell is not None:
            for batch in _batches(sorted(wanted)):
                self._doorbell.ring(json.dumps({"channel": channel, "keys": batch}).encode())

    async def start(self) -> None:
        """Connect to the other processes, where there can be any."""
        if self._doorbell is not None:
            self._doorbell.listen(self._on_ring)
        if self._conninfo is not None:
            self._tasks = [
                asyncio.create_task(self._send_forever()),
                asyncio.create_task(self._receive_forever()),
            ]

    async def stop(self) -> None:
        if self._doorbell is not None:
            self._doorbell.close()
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with suppress(asyncio.CancelledError):
                await task
        await self.flush()

    def _on_ring(self, message: bytes) -> None:
        try:
            rung = json.loads(message)
            self._deliver(rung["channel"], frozenset(rung["keys"]))
        except (ValueError, KeyError, TypeError):
            log.warning("wakeup_unreadable")

    def _deliver(self, channel: str, keys: frozenset[str]) -> None:
        for listener in self._listeners[channel]:
            listener(keys)

    async def _send_forever(self) -> None:
        import psycopg  # noqa: PLC0415  SQLite installations never need it: 240 ms and 10 MB of their start

        while True:
            try:
                async with await psycopg.AsyncConnection.connect(self._conninfo or "", autocommit=True) as connection:
                    while True:
                        await self._news.wait()
                        await self._send_pending(connection)
                        await asyncio.sleep(COALESCE_S)
            except Exception as error:  # noqa: BLE001  a loop that ended would leave the others asleep for good
                log.warning("wakeup_sender_lost_database", **_what(error))
                self._news.set()
                await asyncio.sleep(RECONNECT_S)

    async def flush(self) -> None:
        """Send what is left: a command has no sender, and a process that ends has none any more."""
        if not self._unsent:
            return
        import psycopg  # noqa: PLC0415  as above

        with suppress(psycopg.Error, TimeoutError):
            async with (
                asyncio.timeout(LAST_WORDS_S),
                await psycopg.AsyncConnection.connect(self._conninfo or "", autocommit=True) as connection,
            ):
                await self._send_pending(connection)

    async def _send_pending(self, connection: "psycopg.AsyncConnection") -> None:
        self._news.clear()
        for channel in list(self._unsent):
            # Taken out before they are sent: the same key, published while a send is on its way, is news again.
            keys = self._unsent.pop(channel)
            for batch in _batches(sorted(keys)):
                message = json.dumps({"from": self._process, "channel": channel, "keys": batch}, separators=(",", ":"))
                try:
                    await connection.execute("SELECT pg_notify(%s, %s)", (POSTGRES_CHANNEL, message))
                except BaseException:
                    self._unsent[channel] |= keys
                    raise
                keys.difference_update(batch)

    async def _receive_forever(self) -> None:
        import psycopg  # noqa: PLC0415  as above

        while True:
            try:
                async with await psycopg.AsyncConnection.connect(self._conninfo or "", autocommit=True) as connection:
                    await connection.execute(f"LISTEN {POSTGRES_CHANNEL}")
                    # Before this moment nothing was heard: what came meanwhile has to be looked up.
                    for listener in self._gap_listeners:
                        listener()
                    async for notification in connection.notifies():
                        message = json.loads(notification.payload)
                        if message["from"] != self._process:
                            self._deliver(message["channel"], frozenset(message["keys"]))
            except Exception as error:  # noqa: BLE001  as above; after it, all is looked up anew
                log.warning("wakeup_receiver_lost_database", **_what(error))
            await asyncio.sleep(RECONNECT_S)


def _what(error: Exception) -> dict[str, Any]:
    """A database that is away is one line; a mistake of ours brings its place along."""
    import psycopg  # noqa: PLC0415  as above

    return {"error": type(error).__name__} if isinstance(error, psycopg.Error) else {"exc_info": error}


def _batches(keys: Iterable[str]) -> Iterator[list[str]]:
    """Keys that fit into one message, as JSON writes them."""
    batch: list[str] = []
    size = 0
    for key in keys:
        length = len(json.dumps(key)) + 1
        if batch and size + length > KEY_BYTES_PER_MESSAGE:
            yield batch
            batch, size = [], 0
        batch.append(key)
        size += length
    if batch:
        yield batch


def _conninfo(url: URL) -> str:
    return url.set(drivername="postgresql", query=KEEPALIVES | dict(url.query)).render_as_string(hide_password=False)
