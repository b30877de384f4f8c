"""Many model agents in one process: they enroll, hold check-ins, and answer what they are told to do.

They do nothing on the machine they run on: an action is reported as started, printed one line, and succeeded.
"""

import asyncio
import random
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from deployflow.app.simulation.backoff import Backoff
from deployflow.app.simulation.client import AgentClient, Refused, ServerAddress
from deployflow.platform import clock

ENROLLING_AT_ONCE = 32
FINAL_REFUSALS = frozenset({"device_revoked", "device_quarantined", "key_unknown", "signature_invalid"})


@dataclass
class Figures:
    """What a fleet saw so far."""

    enrolled: int = 0
    pending: int = 0
    held: int = 0
    check_ins: int = 0
    failures: int = 0
    lost: dict[str, int] = field(default_factory=dict)
    enroll_s: list[float] = field(default_factory=list)
    finished: int = 0
    received_at: dict[str, datetime] = field(default_factory=dict)
    """When each action reached its agent."""


@dataclass
class Fleet:
    """`size` agents of one server."""

    address: ServerAddress
    token: str
    size: int
    name: str = "sim"
    work_s: float = 0.0
    on_action: Callable[[str], None] | None = None
    figures: Figures = field(default_factory=Figures)
    agents: list[AgentClient] = field(default_factory=list)
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)

    async def enroll(self) -> None:
        """Bring all of them in, some at a time.

        Raises:
            Refused: the token does not let them in.
        """
        room = asyncio.Semaphore(ENROLLING_AT_ONCE)

        async def one(number: int) -> AgentClient:
            async with room:
                client = AgentClient(self.address)
                started = time.perf_counter()
                state = await client.enroll(self.token, _facts(self.name, number))
                self.figures.enroll_s.append(time.perf_counter() - started)
                self.figures.enrolled += 1
                self.figures.pending += state == "pending"
                return client

        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(number)) for number in range(self.size)]
        self.agents = [task.result() for task in tasks]

    def start(self) -> None:
        """Let all of them check in from now on."""
        self._tasks = [asyncio.create_task(self._live(client)) for client in self.agents]

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for client in self.agents:
            client.close()

    async def _live(self, client: AgentClient) -> None:
        backoff = Backoff(random.Random())  # noqa: S311  no secret
        while True:
            try:
                answer = await self._check_in(client)
                backoff.reset()
                for action in answer["actions"]:
                    await self._do(client, action)
                await asyncio.sleep(answer["next_check_in_s"])
            except Refused as refused:
                self.figures.failures += 1
                if refused.code in FINAL_REFUSALS:
                    self.figures.lost[refused.code] = self.figures.lost.get(refused.code, 0) + 1
                    return
                await asyncio.sleep(backoff.next(refused.retry_after_s))
            except (OSError, TimeoutError):
                self.figures.failures += 1
                client.close()
                await asyncio.sleep(backoff.next(None))

    async def _check_in(self, client: AgentClient) -> dict[str, Any]:
        self.figures.held += 1
        try:
            answer = await client.check_in()
        finally:
            self.figures.held -= 1
        self.figures.check_ins += 1
        return answer

    async def _do(self, client: AgentClient, action: dict[str, Any]) -> None:
        action_id, fence = action["action_id"], action["fence"]
        self.figures.received_at.setdefault(action_id, clock.now())
        if self.on_action is not None:
            self.on_action(action_id)
        about = {"action_id": action_id, "fence": fence}
        started = {"type": "started", **about, "at": _now()}
        if self.work_s:
            await client.report([started])
            await asyncio.sleep(self.work_s)
        ended = {
            "type": "finished",
            **about,
            "at": _now(),
            "outcome": "succeeded",
            "exit_code": 0,
            "error": None,
            "log_chunks": 1,
            "log_truncated": False,
            "result": {},
        }
        line = {"type": "log", **about, "at": _now(), "seq": 0, "stream": "out", "text": "simulated\n"}
        await client.report([line, ended] if self.work_s else [started, line, ended])
        self.figures.finished += 1


def _facts(name: str, number: int) -> dict[str, Any]:
    return {
        "hostname": f"{name}-{number:05d}",
        "os_family": "linux",
        "os_name": "Simulated",
        "os_version": "1",
        "architecture": "x64",
        "manufacturer": "DeployFlow",
        "model": "Simulated",
        "sku": None,
        "serial": None,
        "smbios_uuid": None,
        "mac_addresses": [],
    }


def _now() -> str:
    return clock.now().isoformat().replace("+00:00", "Z")


def percentile(values: Iterable[float], percent: float) -> float | None:
    """The smallest value that `percent` of them do not exceed."""
    ordered = sorted(values)
    if not ordered:
        return None
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]
