"""One run of `deployflow simulate`: bring a fleet in, let it stay, order one action on each, and count."""

import asyncio
import contextlib
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from deployflow.app.failures import Failure, Unusable
from deployflow.app.simulation.client import Refused, ServerAddress
from deployflow.app.simulation.fleet import Fleet, percentile
from deployflow.platform import clock

SETTLE_WITHIN_S = 120
DELIVER_WITHIN_S = 120
LOOK_EVERY_S = 0.05
# Files beside the agents' connections: two for each while it reports.
SPARE_FILES = 200

Order = Callable[[list[str]], Any]


@dataclass(frozen=True)
class Trial:
    """What to try."""

    url: str
    token: str
    agents: int
    seconds: int


async def run(trial: Trial, order: Order | None) -> dict[str, Any]:
    """Do it, and give the figures.

    Raises:
        Unusable: the server is not there, or does not let the agents in.
        Failure: not all of them were held, or not all actions arrived.
    """
    _allow_files(trial.agents * 2 + SPARE_FILES)
    before = _own_bytes()
    fleet = Fleet(ServerAddress.of(trial.url), trial.token, trial.agents)
    started = time.perf_counter()
    try:
        await fleet.enroll()
    except* Refused as refused:
        raise Unusable(f"the server refused an enrollment: {refused.exceptions[0]}") from refused
    except* (OSError, TimeoutError) as error:
        raise Unusable(f"the server at {trial.url} does not answer: {error.exceptions[0]}") from error
    enrolled_in = time.perf_counter() - started
    fleet.start()
    try:
        await _until(lambda: fleet.figures.held == trial.agents, SETTLE_WITHIN_S, "agents were held", fleet)
        held_in = time.perf_counter() - started - enrolled_in
        answered, cpu = fleet.figures.check_ins, time.process_time()
        await asyncio.sleep(trial.seconds)
        idle = {
            "check_ins_per_s": round((fleet.figures.check_ins - answered) / trial.seconds, 1),
            "own_cpu_share": round((time.process_time() - cpu) / trial.seconds, 3),
        }
        found = {
            "agents": trial.agents,
            "enrolled_per_s": round(trial.agents / enrolled_in, 1),
            "enroll_p50_ms": _ms(percentile(fleet.figures.enroll_s, 50)),
            "enroll_p99_ms": _ms(percentile(fleet.figures.enroll_s, 99)),
            "held": fleet.figures.held,
            "all_held_after_s": round(held_in, 2),
            **idle,
            "own_bytes_per_agent": (_own_bytes() - before) // trial.agents,
        }
        if order is not None:
            found |= await _one_action_each(fleet, order)
        return {**found, "failures": fleet.figures.failures, "lost": fleet.figures.lost}
    finally:
        await fleet.stop()


async def _one_action_each(fleet: Fleet, order: Order) -> dict[str, Any]:
    ordered_at: datetime = clock.now()
    await asyncio.to_thread(order, [str(agent.device_id) for agent in fleet.agents])
    queued_in = (clock.now() - ordered_at).total_seconds()
    await _until(lambda: fleet.figures.finished >= fleet.size, DELIVER_WITHIN_S, "actions were finished", fleet)
    ways = [(at - ordered_at).total_seconds() for at in fleet.figures.received_at.values()]
    return {
        "actions_queued_in_ms": _ms(queued_in),
        "order_to_agent_p50_ms": _ms(percentile(ways, 50)),
        "order_to_agent_p99_ms": _ms(percentile(ways, 99)),
        "all_finished_after_s": round((clock.now() - ordered_at).total_seconds(), 2),
    }


async def _until(done: Callable[[], bool], within_s: float, what: str, fleet: Fleet) -> None:
    try:
        async with asyncio.timeout(within_s):
            while not done():  # noqa: ASYNC110  many agents change it, none of them knows the whole
                await asyncio.sleep(LOOK_EVERY_S)
    except TimeoutError as error:
        figures = fleet.figures
        raise Failure(
            f"not all {what} within {within_s:.0f} s: {figures.held} held, {figures.finished} finished,"
            f" {figures.failures} failures, lost {figures.lost or 'none'}"
        ) from error


def _allow_files(wanted: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft >= wanted:
        return
    if hard != resource.RLIM_INFINITY and hard < wanted:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, wanted))
            return
        raise Unusable(f"{wanted} open files are needed and {hard} allowed: raise it with `ulimit -n {wanted}`")
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _own_bytes() -> int:
    with contextlib.suppress(OSError, IndexError, ValueError):
        return int(Path("/proc/self/status").read_text("ascii").split("VmRSS:")[1].split()[0]) * 1024
    return 0


def _ms(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds * 1000, 1)
