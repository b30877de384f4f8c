"""A network that can be broken on purpose: a TCP proxy on a port of its own, in a thread of its own.

with FaultProxy([server.port], seed=7) as network:
    network.chance = Chance(reset=0.1, truncate=0.1)    # at random, from now on
    network.cut()                                       # nobody gets through, and everybody notices
    network.swallow()                                   # nobody gets through, and nobody notices
    network.heal()

`lines` are the first lines of requests and answers as they passed, to count them.

With more than one upstream it is the simplest load balancer: connections go round, and past who does not answer.
"""

import asyncio
import contextlib
import random
import re
import socket
import struct
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self, TypeVar

CHUNK_BYTES = 64 * 1024
# A reset instead of an orderly end: close() with this set throws away what is unsent.
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)
_FIRST_LINE = re.compile(rb"(GET|POST|PUT) /|HTTP/1\.1 \d")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Chance:
    """How likely each fault is, for each piece of data in either direction."""

    reset: float = 0.0
    """Both sides lose the connection, and the piece with it."""
    truncate: float = 0.0
    """Half of the piece arrives, then an orderly end."""
    half_close: float = 0.0
    """The piece arrives, and then nothing more comes from this side, though the other way stays open."""
    drop: float = 0.0
    """The piece and everything after it vanish; the connection stays."""
    delay: float = 0.0
    """The piece arrives up to `delay_s` later."""
    delay_s: float = 0.5


class FaultProxy:
    """Carries connections to the first upstream port that answers, and breaks them as told."""

    def __init__(self, upstreams: Sequence[int], *, seed: int = 0) -> None:
        self.upstreams = list(upstreams)
        self.chance = Chance()
        # May put other bytes in the place of a piece of an answer.
        self.alter: Callable[[bytes], bytes] = lambda piece: piece
        self.happened: Counter[str] = Counter()
        self.lines: list[str] = []
        self.port = 0
        self._random = random.Random(seed)
        self._turn = 0
        self._is_cut = False
        self._open = threading.Event()
        self._flows = asyncio.Event()
        self._writers: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="fault-proxy", daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def cut(self) -> None:
        """Reset every connection and refuse new ones."""

        def now() -> None:
            self._is_cut = True
            for writer in list(self._writers):
                _reset(writer)

        self._call(now)

    def swallow(self) -> None:
        """Let connections hang: they stay, new ones are accepted, and nothing passes."""
        self._call(self._flows.clear)

    def heal(self) -> None:
        """Carry everything again."""
        self.chance = Chance()

        def now() -> None:
            self._is_cut = False
            self._flows.set()

        self._call(now)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._open.wait(10)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def _call(self, act: Callable[[], Result]) -> Result:
        async def acting() -> Result:
            return act()

        return asyncio.run_coroutine_threadsafe(acting(), self._loop).result(10)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._flows.set()
        server = self._loop.run_until_complete(asyncio.start_server(self._carry, "127.0.0.1", 0, backlog=1024))
        self.port = server.sockets[0].getsockname()[1]
        self._open.set()
        self._loop.run_forever()
        server.close()
        tasks = asyncio.all_tasks(self._loop)
        for task in tasks:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        for writer in list(self._writers):
            _reset(writer)
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()

    async def _carry(self, from_client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        upstream = None if self._is_cut else await self._connect()
        if upstream is None:
            _reset(to_client)
            return
        from_server, to_server = upstream
        ends = (to_client, to_server)
        self._writers |= set(ends)
        try:
            await asyncio.gather(
                self._pipe("request", from_client, to_server, ends),
                self._pipe("answer", from_server, to_client, ends),
            )
        finally:
            self._writers -= set(ends)
            for writer in ends:
                writer.close()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        self._turn += 1
        for step in range(len(self.upstreams)):
            port = self.upstreams[(self._turn + step) % len(self.upstreams)]
            with contextlib.suppress(OSError):
                return await asyncio.open_connection("127.0.0.1", port)
        return None

    async def _pipe(
        self, way: str, source: asyncio.StreamReader, target: asyncio.StreamWriter, ends: Sequence[asyncio.StreamWriter]
    ) -> None:
        with contextlib.suppress(OSError):
            while data := await source.read(CHUNK_BYTES):
                if _FIRST_LINE.match(data):
                    self.lines.append(data.split(b"\r\n", 1)[0].decode())
                if way == "answer":
                    data = self.alter(data)
                fault = self._pick(way)
                await self._flows.wait()
                if not await self._pass_on(data, fault, source, target, ends):
                    return
            # An orderly end of one direction is carried as that.
            if target.can_write_eof():
                target.write_eof()

    async def _pass_on(
        self,
        data: bytes,
        fault: str | None,
        source: asyncio.StreamReader,
        target: asyncio.StreamWriter,
        ends: Sequence[asyncio.StreamWriter],
    ) -> bool:
        """Deliver one piece, or what the fault leaves of it. False when nothing more goes this way."""
        if fault in {"reset", "drop"}:
            if fault == "drop":
                await _read_out(source)
            for writer in ends:
                _reset(writer)
            return False
        if fault == "delay":
            await asyncio.sleep(self._random.random() * self.chance.delay_s)
        target.write(data[: len(data) // 2] if fault == "truncate" else data)
        await target.drain()
        if fault == "truncate":
            for writer in ends:
                writer.close()
            return False
        if fault == "half_close":
            target.write_eof()
            await _read_out(source)
            return False
        return True

    def _pick(self, way: str) -> str | None:
        point = self._random.random()
        for fault in ("reset", "truncate", "half_close", "drop", "delay"):
            point -= getattr(self.chance, fault)
            if point < 0:
                self.happened[f"{way} {fault}"] += 1
                return fault
        return None


async def _read_out(source: asyncio.StreamReader) -> None:
    """Take everything that comes, until the end, and keep none of it."""
    while await source.read(CHUNK_BYTES):
        pass


def _reset(writer: asyncio.StreamWriter) -> None:
    held = writer.get_extra_info("socket")
    if held is not None:
        with contextlib.suppress(OSError):
            held.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
    writer.transport.abort()
