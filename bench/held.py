"""Ten thousand agents held by one process: what they cost while nothing happens, and how fast work reaches them."""

import asyncio
import random
import time
from typing import Any

import httpx2

from bench import machine
from bench.figures import Figure, Report, median, percentile
from bench.fleet import MAX_WAIT_S, Fleet
from bench.load import LoadFailed
from bench.serving import CAN_SIGN, FLEET, Stock
from bench.signing import BenchDevice

AGENTS = min(10_000, CAN_SIGN, FLEET)
# Every agent's held call ends and is renewed twice in it.
IDLE_S = 2 * MAX_WAIT_S
# After the last one came in: its first look, presence, and the first flushes.
SETTLE_S = 12
SINGLE_ORDERS = 200
WARM_UP_ORDERS = 20
# Python runs on every device of the fleet.
SCRIPT = {"language": "python", "body": "raise SystemExit(0)\n", "parameters": {}}

KB_PER_AGENT, IDLE_SHARE, START_P50_MS, START_P99_MS, ALL_DELIVERED_S = 60, 40, 50, 500, 15
_NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


async def measure(stock: Stock) -> list[Report]:
    """One report for each database."""
    return [await _measure(stock, "sqlite"), *([await _measure(stock, "postgresql")] if stock.has_postgres else [])]


async def _measure(stock: Stock, database: str) -> Report:
    seeded = await stock.fleet(database)
    with stock.server(database) as server, machine.on_load_cores():
        async with httpx2.AsyncClient(
            base_url=server.url, headers={"Authorization": f"Bearer {seeded.api_key}"}, timeout=60
        ) as client:
            await _warm(client)
            before = machine.rss_bytes(server.pid)
            fleet = Fleet(server.port, [BenchDevice(number) for number in range(AGENTS)])
            started = time.perf_counter()
            await fleet.connect()
            came_s = time.perf_counter() - started
            await asyncio.sleep(SETTLE_S)
            fleet.check()
            print(
                f"  {database}: {AGENTS:,} agents came in {came_s:.0f} s, {fleet.sent_away} were sent away;"
                f" idle for {IDLE_S} s",
                flush=True,
            )
            cpu, calls, started = machine.cpu_s(server.pid), fleet.check_ins, time.perf_counter()
            await asyncio.sleep(IDLE_S)
            seconds = time.perf_counter() - started
            share = (machine.cpu_s(server.pid) - cpu) / seconds * 100
            rate = (fleet.check_ins - calls) / seconds
            each_kb = (machine.rss_bytes(server.pid) - before) / AGENTS / 1000
            fleet.check()
            print(f"  {each_kb:.1f} KB an agent, {share:.1f} % of a core idle at {rate:.0f} check-ins/s", flush=True)
            away = fleet.sent_away
            starts = await _single_orders(client, fleet)
            queued_s, delivered_s, done_s = await _order_for_all(client, fleet)
            peak_kb = (machine.rss_bytes(server.pid) - before) / AGENTS / 1000
            fleet.close()
    return Report(
        f"{AGENTS:,} agents held by one process, {seeded.devices:,} devices, {_NAMES[database]}",
        [
            Figure(
                "memory per held agent",
                each_kb,
                "KB",
                KB_PER_AGENT,
                note=f"resident memory with them less without; {peak_kb:.1f} KB after the order for all",
            ),
            Figure(
                "processor, idle", share, "% of one core", IDLE_SHARE, note=f"over {IDLE_S} s, {rate:.0f} check-ins/s"
            ),
            Figure(
                "queue → agent has it, p50",
                median(starts) * 1000,
                "ms",
                START_P50_MS,
                note=f"{len(starts)} orders, from before the POST is sent",
            ),
            Figure("queue → agent has it, p99", percentile(starts, 99) * 1000, "ms", START_P99_MS),
            Figure(
                f"one order for all {AGENTS:,}: delivered",
                delivered_s,
                "s",
                ALL_DELIVERED_S,
                note=f"the POST itself was answered after {queued_s:.1f} s; "
                f"{fleet.sent_away - away:,} times an agent was asked to come later",
            ),
            Figure("the same: all results acknowledged", done_s, "s"),
            Figure(
                "agents connected and held",
                AGENTS / came_s,
                "/s",
                digits=0,
                note=f"{away:,} times an agent was asked to come later",
            ),
        ],
    )


async def _warm(client: httpx2.AsyncClient) -> None:
    for _ in range(20):
        (await client.get("/api/v1/devices")).raise_for_status()


async def _single_orders(client: httpx2.AsyncClient, fleet: Fleet) -> list[float]:
    rng = random.Random(7)  # noqa: S311
    taken = []
    for number in range(WARM_UP_ORDERS + SINGLE_ORDERS):
        device = BenchDevice(rng.randrange(AGENTS))
        started = time.perf_counter()
        action_id = (await _order(client, [device]))["items"][0]["id"]
        await fleet.wait_for({action_id}, within_s=30)
        if number >= WARM_UP_ORDERS:
            taken.append(fleet.arrived[action_id] - started)
        await fleet.wait_for({action_id}, within_s=30, acknowledged=True)
        await asyncio.sleep(rng.uniform(0.01, 0.05))
    return taken


async def _order_for_all(client: httpx2.AsyncClient, fleet: Fleet) -> tuple[float, float, float]:
    before = set(fleet.arrived)
    devices = [BenchDevice(number) for number in range(AGENTS)]
    started = time.perf_counter()
    answered: list[float] = []
    order = asyncio.create_task(_order(client, devices))
    order.add_done_callback(lambda _task: answered.append(time.perf_counter()))
    while len(fleet.arrived) - len(before) < AGENTS or len(fleet.acknowledged) - len(before) < AGENTS:
        fleet.check()
        if time.perf_counter() - started > 120:
            raise LoadFailed(f"{len(fleet.arrived) - len(before)} of {AGENTS} delivered after 120 s")
        await asyncio.sleep(0.02)
    await order
    delivered = max(at for action_id, at in fleet.arrived.items() if action_id not in before)
    done = max(at for action_id, at in fleet.acknowledged.items() if action_id not in before)
    return answered[0] - started, delivered - started, done - started


async def _order(client: httpx2.AsyncClient, devices: list[BenchDevice]) -> dict[str, Any]:
    answer = await client.post(
        "/api/v1/actions",
        json={"device_ids": [str(device.id) for device in devices], "kind": "run_script", "payload": SCRIPT},
    )
    if answer.status_code != httpx2.codes.CREATED:
        raise LoadFailed(f"{answer.status_code} {answer.text[:500]}")
    found: dict[str, Any] = answer.json()
    return found
