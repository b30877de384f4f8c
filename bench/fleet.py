"""Ten thousand agents in one process: each one connection, one held check-in, and an honest answer to each action.

A simulated agent signs every call afresh, reports `started` and `finished`, and checks in again at once, as the real
one does. It keeps no journal and starts no process: its time is the server's.
"""

import asyncio
import json
import re
import time
from collections.abc import Sequence
from typing import Any, cast

from deployflow.platform import clock

from bench.load import END, LoadFailed
from bench.signing import BenchDevice

_LENGTH = re.compile(rb"\r\ncontent-length: ?(\d+)", re.IGNORECASE)
_RETRY_AFTER = re.compile(rb"\r\nretry-after: (\d+)", re.IGNORECASE)
_NOTHING = b'"actions":[]'
MAX_WAIT_S = 50
# Connections from one address to one port are as many as it has free ports; loopback has 16 million addresses.
PER_ADDRESS = 5_000
# How many connect at the same time: a fleet that is there, not one that comes back all at once.
CONNECTING = 100


class Fleet:
    """The agents, and what they were given.

    Attributes:
        sent_away: Check-ins answered with 503; the agent comes back when it was told to.
    """

    def __init__(self, port: int, devices: Sequence[BenchDevice]) -> None:
        self.port = port
        self.authority = b"127.0.0.1:%d" % port
        self.agents = [SimulatedAgent(self, device) for device in devices]
        self.arrived: dict[str, float] = {}
        self.acknowledged: dict[str, float] = {}
        self.check_ins = 0
        self.sent_away = 0
        self.failure: str | None = None
        self._news = asyncio.Event()

    async def connect(self) -> None:
        """Bring them all in: connected, and their check-ins sent."""
        for start in range(0, len(self.agents), CONNECTING):
            await asyncio.gather(
                *(
                    self._connect(start + index, agent)
                    for index, agent in enumerate(self.agents[start : start + CONNECTING])
                )
            )
            # As many check-ins as the server takes in a breath; measured is the fleet that is there.
            await asyncio.sleep(0.05)

    async def _connect(self, number: int, agent: "SimulatedAgent") -> None:
        source = f"127.0.0.{2 + number // PER_ADDRESS}"
        await asyncio.get_running_loop().create_connection(
            lambda: agent, "127.0.0.1", self.port, local_addr=(source, 0)
        )

    def close(self) -> None:
        for agent in self.agents:
            agent.close()

    async def wait_for(self, action_ids: set[str], *, within_s: float, acknowledged: bool = False) -> None:
        """Until all these actions have arrived, or their results are acknowledged.

        Raises:
            LoadFailed: when they have not in time, or an agent was refused.
        """
        seen = self.acknowledged if acknowledged else self.arrived
        try:
            async with asyncio.timeout(within_s):
                while not action_ids <= seen.keys():
                    self.check()
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            self.check()
            missing = len(action_ids - seen.keys())
            raise LoadFailed(f"{missing} of {len(action_ids)} actions did not arrive in {within_s} s") from None

    def check(self) -> None:
        """See that no agent was refused.

        Raises:
            LoadFailed: with the first refusal.
        """
        if self.failure is not None:
            raise LoadFailed(self.failure)

    def tell(self) -> None:
        self._news.set()


class SimulatedAgent(asyncio.Protocol):
    """One device."""

    __slots__ = ("_buffer", "_closed", "_device", "_fleet", "_reported", "_transport")

    def __init__(self, fleet: Fleet, device: BenchDevice) -> None:
        self._fleet = fleet
        self._device = device
        self._buffer = b""
        self._closed = False
        self._reported: list[str] = []
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._check_in()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._closed:
            self._fail(f"the server closed a connection ({exc})")

    def close(self) -> None:
        self._closed = True
        if self._transport is not None:
            self._transport.close()

    def data_received(self, data: bytes) -> None:
        self._buffer = self._buffer + data if self._buffer else data
        head = self._buffer.find(END)
        if head < 0:
            return
        length = _LENGTH.search(self._buffer, 0, head + 2)
        body_at = head + len(END)
        whole = body_at + (int(length[1]) if length else 0)
        if len(self._buffer) < whole:
            return
        answer, self._buffer = self._buffer[:whole], self._buffer[whole:]
        if answer[9:12] == b"503" and (later := _RETRY_AFTER.search(answer)):
            self._fleet.sent_away += 1
            asyncio.get_running_loop().call_later(int(later[1]), self._check_in)
        elif answer[9:12] != b"200":
            self._fail(answer[:1000].decode(errors="replace"))
        elif self._reported:
            self._acknowledge()
        elif _NOTHING in answer:
            self._check_in()
        else:
            self._take(json.loads(answer[body_at:])["actions"])

    def _check_in(self) -> None:
        self._fleet.check_ins += 1
        self._send(self._device.check_in(self._fleet.authority, max_wait_s=MAX_WAIT_S))

    def _take(self, actions: list[dict[str, Any]]) -> None:
        now, at = time.perf_counter(), f"{clock.now():%Y-%m-%dT%H:%M:%S.%fZ}"
        reports = []
        for action in actions:
            about = {"action_id": action["action_id"], "fence": action["fence"], "at": at}
            self._fleet.arrived[action["action_id"]] = now
            self._reported.append(action["action_id"])
            reports += [
                {"type": "started", **about},
                {
                    "type": "finished",
                    **about,
                    "outcome": "succeeded",
                    "exit_code": 0,
                    "error": None,
                    "log_chunks": 0,
                    "log_truncated": False,
                    "result": {},
                },
            ]
        self._fleet.tell()
        body = json.dumps({"reports": reports}, separators=(",", ":")).encode()
        self._send(self._device.request(b"/agent/v1/reports", self._fleet.authority, body))

    def _acknowledge(self) -> None:
        now = time.perf_counter()
        self._fleet.acknowledged.update(dict.fromkeys(self._reported, now))
        self._reported = []
        self._fleet.tell()
        self._check_in()

    def _send(self, request: bytes) -> None:
        if not self._closed and self._transport is not None and not self._transport.is_closing():
            self._transport.write(request)

    def _fail(self, why: str) -> None:
        self._fleet.failure = self._fleet.failure or why
        self._fleet.tell()
