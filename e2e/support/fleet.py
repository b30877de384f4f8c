"""Simulated agents that keep a journal as real ones do, and remember what the server acknowledged."""

import asyncio
import contextlib
import random
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from deployflow.app.simulation.client import AgentClient, Refused
from deployflow.app.simulation.fleet import Fleet, _now

# As the real agent's reports: after a failure they are sent again within seconds.
AGAIN_S = 1.0


@dataclass
class RememberingFleet(Fleet):
    """Does each action once, and reports its end until that is acknowledged, whatever happens to the server.

    Attributes:
        starts: How often each action was begun. More than once would be this model's own mistake.
        handed_out: How often each action was handed out, over all leases.
        acknowledged: Actions whose end the server has acknowledged.
    """

    starts: Counter[str] = field(default_factory=Counter)
    handed_out: Counter[str] = field(default_factory=Counter)
    acknowledged: set[str] = field(default_factory=set)
    outcomes: Counter[str] = field(default_factory=Counter)
    _fences: dict[str, int] = field(default_factory=dict)
    _reporting: dict[str, asyncio.Task[None]] = field(default_factory=dict)

    async def stop(self) -> None:
        for task in self._reporting.values():
            task.cancel()
        await asyncio.gather(*self._reporting.values(), return_exceptions=True)
        await super().stop()

    async def _do(self, client: AgentClient, action: dict[str, Any]) -> None:
        action_id = action["action_id"]
        self.handed_out[action_id] += 1
        self._fences[action_id] = max(action["fence"], self._fences.get(action_id, 0))
        if action_id not in self.starts:
            self.starts[action_id] += 1
        if action_id not in self._reporting or self._reporting[action_id].done():
            self._reporting[action_id] = asyncio.create_task(self._report_until_acknowledged(client, action_id))

    async def _report_until_acknowledged(self, client: AgentClient, action_id: str) -> None:
        lock = self._locks.setdefault(id(client), asyncio.Lock())
        while True:
            about = {"action_id": action_id, "fence": self._fences[action_id], "at": _now()}
            reports = [
                {"type": "started", **about},
                {"type": "log", **about, "seq": 0, "stream": "out", "text": f"{action_id}\n"},
                {
                    "type": "finished",
                    **about,
                    "outcome": "succeeded",
                    "exit_code": 0,
                    "error": None,
                    "log_chunks": 1,
                    "log_truncated": False,
                    "result": {},
                },
            ]
            with contextlib.suppress(Refused, OSError, TimeoutError):
                # One report at a time: an agent has one connection for them.
                async with lock:
                    answer = await client.report(reports)
                outcome = answer["results"][-1]["outcome"]
                self.outcomes[outcome] += 1
                if outcome in {"accepted", "duplicate"}:
                    self.acknowledged.add(action_id)
                return
            await asyncio.sleep(random.uniform(0.1, AGAIN_S))

    _locks: dict[int, asyncio.Lock] = field(default_factory=dict)
