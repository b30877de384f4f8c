"""One real agent on this machine: from before the order is sent to when its shell runs.

The shell itself says when that is: its first command writes the clock in nanoseconds. On the way the action is
committed before it is delivered, and its intent is in the agent's journal, synced, before the shell starts.
"""

import asyncio
import tempfile
import time
from pathlib import Path

import httpx2

from bench import machine
from bench.agents import real_agent
from bench.figures import Figure, Report, median, percentile
from bench.load import LoadFailed
from bench.serving import Stock

P50_MS, P99_MS = 15, 50
RUNS, WARM_UP = 200, 20
# Long enough for the results of one run to be reported before the next is ordered.
PAUSE_S = 0.15
STARTED_WITHIN_S = 10


async def measure(stock: Stock) -> list[Report]:
    """One report for each database."""
    databases = ["sqlite", *(["postgresql"] if stock.has_postgres else [])]
    return [await _measure(stock, database) for database in databases]


async def _measure(stock: Stock, database: str) -> Report:
    seeded = await stock.fleet(database)
    taken, answered = [], []
    with (
        stock.server(database) as server,
        machine.on_load_cores(),
        tempfile.TemporaryDirectory(prefix="dfbench-agent-") as folder,
    ):
        async with (
            httpx2.AsyncClient(
                base_url=server.url, headers={"Authorization": f"Bearer {seeded.api_key}"}, timeout=30
            ) as client,
            real_agent(client, Path(folder) / "agent") as (_agent, device_id),
        ):
            for run in range(WARM_UP + RUNS):
                mark = Path(folder) / str(run)
                order = {
                    "device_ids": [device_id],
                    "kind": "run_script",
                    "payload": {"language": "sh", "body": f"date +%s%N > {mark}\n", "parameters": {}},
                }
                began, asked = time.time_ns(), time.perf_counter()
                answer = await client.post("/api/v1/actions", json=order)
                posted = time.perf_counter() - asked
                if answer.status_code != httpx2.codes.CREATED:
                    raise LoadFailed(f"{answer.status_code} {answer.text[:500]}")
                at = await _written(mark)
                if run >= WARM_UP:
                    taken.append((at - began) / 1e6)
                    answered.append(posted * 1000)
                await asyncio.sleep(PAUSE_S)
    name = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}[database]
    return Report(
        f"One real agent, {seeded.devices:,} devices, {name}",
        [
            Figure(
                "queue → its shell starts, p50",
                median(taken),
                "ms",
                P50_MS,
                note=f"{RUNS} runs, from before the POST is sent, fastest {min(taken):.1f} ms",
            ),
            Figure("queue → its shell starts, p99", percentile(taken, 99), "ms", P99_MS),
            Figure("the POST is answered, p50", median(answered), "ms"),
        ],
    )


async def _written(mark: Path) -> int:
    ends = time.monotonic() + STARTED_WITHIN_S
    while time.monotonic() < ends:
        if text := _whole(mark):
            return int(text)
        await asyncio.sleep(0.002)
    raise LoadFailed(f"the script did not start in {STARTED_WITHIN_S} s")


def _whole(mark: Path) -> str:
    """What stands there, once all of it does."""
    text = mark.read_text() if mark.exists() else ""
    return text if text.endswith("\n") else ""
