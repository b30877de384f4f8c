"""Orders that come in all the time, whatever happens to the server; and what must hold of them afterwards."""

import asyncio
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx2

from support.console import ENDED, Console, NotAccepted, patiently
from support.fleet import RememberingFleet

# Orders go to this many devices each.
DEVICES_PER_ORDER = 5
PAUSE_S = 0.2


@dataclass
class Load:
    """Queues actions on random devices until it is stopped, and remembers which were acknowledged."""

    consoles: Sequence[Console]
    device_ids: Sequence[str]
    chance: random.Random
    acknowledged: list[str] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)
    _task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def order(self, device_ids: Sequence[str]) -> list[str]:
        """One order; what it acknowledged is remembered."""
        body = {"device_ids": list(device_ids), "kind": "refresh_inventory", "payload": {}}
        console = self.chance.choice(self.consoles)
        answer = await asyncio.to_thread(console.call, "POST", "/actions", body)
        ids = [item["id"] for item in answer["items"]]
        self.acknowledged += ids
        return ids

    async def order_patiently(self, device_ids: Sequence[str], within_s: float = 300) -> list[str]:
        """One order, asked for until it is accepted."""
        async with asyncio.timeout(within_s):
            while True:
                try:
                    return await self.order(device_ids)
                except (httpx2.TransportError, NotAccepted) as error:
                    self._note(error)
                    await asyncio.sleep(PAUSE_S)

    async def _run(self) -> None:
        while True:
            try:
                await self.order(self.chance.sample(self.device_ids, DEVICES_PER_ORDER))
            except (httpx2.TransportError, NotAccepted) as error:
                self._note(error)
            await asyncio.sleep(PAUSE_S)

    def _note(self, error: Exception) -> None:
        if isinstance(error, NotAccepted) and error.status != 503:
            raise error
        self.refused["503" if isinstance(error, NotAccepted) else type(error).__name__] += 1


async def all_ended(console: Console, load: Load, *, within_s: float) -> dict[str, dict[str, Any]]:
    """Every action, as soon as all that were acknowledged have ended.

    Raises:
        AssertionError: naming those that have not.
    """
    loop = asyncio.get_running_loop()
    ends = loop.time() + within_s
    while True:
        found = {action["id"]: action for action in await asyncio.to_thread(patiently, lambda: list(console.actions()))}
        open_ones = [one for one in load.acknowledged if one not in found or found[one]["status"] not in ENDED]
        if not open_ones:
            return found
        if loop.time() > ends:
            said = [(one, found[one]["status"] if one in found else "lost") for one in open_ones[:10]]
            raise AssertionError(f"not ended within {within_s:.0f} s: {len(open_ones)} actions, such as {said}")
        await asyncio.sleep(1)


def lost(found: dict[str, dict[str, Any]], load: Load, fleet: RememberingFleet) -> list[str]:
    """What of "nothing acknowledged is lost" was broken."""
    broken = [f"{one}: acknowledged order is gone" for one in load.acknowledged if one not in found]
    broken += [
        f"{one}: {found[one]['status']}, though it was done ({found[one]['reason']})"
        for one in load.acknowledged
        if one in found and found[one]["status"] != "succeeded"
    ]
    broken += [
        f"{one}: its acknowledged result is gone"
        for one in fleet.acknowledged
        if one not in found or found[one]["status"] != "succeeded"
    ]
    broken += [f"{one}: done without being on record" for one in fleet.starts if one not in found]
    broken += [f"agents gave up: {fleet.figures.lost}"] if fleet.figures.lost else []
    return broken
