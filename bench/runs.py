"""One run for a whole connected fleet: how soon it is there, with all devices, and how soon they have it."""

import asyncio
import time
from typing import Any

import httpx2

from bench import machine
from bench.figures import Figure, Report
from bench.fleet import Fleet
from bench.load import LoadFailed
from bench.serving import CAN_SIGN, FLEET, Stock
from bench.signing import BenchDevice

# The issue's: many on PostgreSQL, a small installation's on SQLite.
AGENTS = {"sqlite": min(1_000, FLEET), "postgresql": min(10_000, CAN_SIGN, FLEET)}
CREATED_S, DELIVERED_S = 3, 15
WITHIN_S = 120
# After the last one came in: its first look, presence, and the first flushes.
SETTLE_S = 12
SCRIPT = {"language": "python", "body": "raise SystemExit(0)\n", "parameters": {}}
_NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


async def measure(stock: Stock) -> list[Report]:
    """One report for each database."""
    return [await _measure(stock, "sqlite"), *([await _measure(stock, "postgresql")] if stock.has_postgres else [])]


async def _measure(stock: Stock, database: str) -> Report:
    seeded = await stock.fleet(database)
    count = AGENTS[database]
    with stock.server(database) as server, machine.on_load_cores():
        async with httpx2.AsyncClient(
            base_url=server.url, headers={"Authorization": f"Bearer {seeded.api_key}"}, timeout=60
        ) as client:
            devices = [BenchDevice(number) for number in range(count)]
            fleet = Fleet(server.port, devices)
            await fleet.connect()
            await asyncio.sleep(SETTLE_S)
            fleet.check()
            targets = {"device_ids": [str(device.id) for device in devices]}
            order = {"targets": targets, "kind": "run_script", "payload": SCRIPT}
            previewed = time.perf_counter()
            await _post(client, "/api/v1/runs:preview", order)
            previewed = time.perf_counter() - previewed
            created_s, delivered_s, done_s = await _run(client, fleet, order, count)
            away = fleet.sent_away
            fleet.close()
    return Report(
        f"One run for {count:,} connected devices, {_NAMES[database]}",
        [
            Figure("preview", previewed, "s"),
            Figure("created: the POST is answered", created_s, "s", CREATED_S, note="while devices already fetch it"),
            Figure(
                "delivered to the last device",
                delivered_s,
                "s",
                DELIVERED_S,
                note=f"{away:,} times an agent was asked to come later",
            ),
            Figure("all results acknowledged", done_s, "s"),
        ],
    )


async def _run(
    client: httpx2.AsyncClient, fleet: Fleet, order: dict[str, Any], count: int
) -> tuple[float, float, float]:
    started = time.perf_counter()
    answered: list[float] = []
    posted = asyncio.create_task(_post(client, "/api/v1/runs", order))
    posted.add_done_callback(lambda _task: answered.append(time.perf_counter()))
    while len(fleet.acknowledged) < count:
        fleet.check()
        if time.perf_counter() - started > WITHIN_S:
            raise LoadFailed(f"{len(fleet.arrived)} of {count} delivered after {WITHIN_S} s")
        await asyncio.sleep(0.02)
    await posted
    return answered[0] - started, max(fleet.arrived.values()) - started, max(fleet.acknowledged.values()) - started


async def _post(client: httpx2.AsyncClient, path: str, body: dict[str, Any]) -> None:
    answer = await client.post(path, json=body)
    if not answer.is_success:
        raise LoadFailed(f"{answer.status_code} {answer.text[:500]}")
