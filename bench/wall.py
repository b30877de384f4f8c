"""Twenty machines deployed at once beside a big fleet: does the wall stay live, and does the API answer?

Each machine is a real client of the boot protocol: it begins a session, gets its plan, and reports progress four times
a second. Two people look at the wall and at deployments without a pause meanwhile.
"""

import asyncio
import time
from typing import Any

import httpx2
from deployflow.app.simulation.client import ServerAddress
from deployflow.app.simulation.machine import NetbootMachine, facts_of, read_server_key
from deployflow.boot.keys import load_or_make, public_pem
from deployflow.identity import cookies

from bench import machine
from bench.figures import Figure, Report, median, percentile
from bench.serving import Stock
from tests.support.server import ServerProcess

MACHINES = 20
SECONDS = 20.0
# As often as an engine says it, four times over.
PROGRESS_EVERY_S = 0.25
LOOKERS = 2
API_P99_MS = 200.0
# Written in batches and told at most every 1.5 s; then the screen asks.
LAG_P99_S = 3.0
TASKS = [
    {"type": "disk_prep", "name": "Partition"},
    *({"type": "wait", "name": f"Step {number}", "configuration": {"seconds": 1}} for number in range(1, 8)),
]


async def measure(stock: Stock) -> list[Report]:
    """One report for each database."""
    return [await _measure(stock, "sqlite"), *([await _measure(stock, "postgresql")] if stock.has_postgres else [])]


async def _measure(stock: Stock, database: str) -> Report:
    fleet = await stock.fleet(database)
    with stock.server(database) as server, machine.on_load_cores():
        async with httpx2.AsyncClient(
            base_url=f"{server.url}/api/v1",
            # A person: a program may not arm as many.
            cookies={cookies.PLAIN_NAME: fleet.session},
            headers={"Sec-Fetch-Site": "same-origin", "If-Match": "*"},
            timeout=60,
        ) as client:
            rack = await _prepared(client, server)
            over = asyncio.Event()
            looking = [asyncio.create_task(_look(client, rack, over, number)) for number in range(LOOKERS)]
            began = time.monotonic()
            try:
                await asyncio.gather(*(_deploy(one) for one in rack))
            finally:
                took = time.monotonic() - began
                over.set()
                seen = await asyncio.gather(*looking)
            states = await _states(client)
    answers = [seconds for one in seen for seconds in one.answers]
    lags = [seconds for one in seen for seconds in one.lags]
    p99, lag = percentile(answers, 99) * 1000, percentile(lags, 99)
    note = f"p50 {median(answers) * 1000:.1f} ms, {len(answers):,} answers"
    figures = [
        Figure("the API, p99 meanwhile", p99, "ms", API_P99_MS, note=note),
        Figure(
            "from a machine's word to the wall, p99", lag, "s", LAG_P99_S, note=f"p50 {median(lags):.1f} s", digits=2
        ),
        Figure("deployments that succeeded", states.get("succeeded", 0), "", MACHINES, "at_least", digits=0),
        Figure("all of them, from the first call to the last", took, "s", note=f"{SECONDS:g} s of it is their work"),
    ]
    return Report(f"{MACHINES} deployments at once, {_NAMES[database]}", figures)


class _Seen:
    """What somebody at the wall saw: how long answers took, and how old what they said was."""

    def __init__(self) -> None:
        self.answers: list[float] = []
        self.lags: list[float] = []


async def _prepared(client: httpx2.AsyncClient, server: ServerProcess) -> list[NetbootMachine]:
    site = await _ok(client.post("/boot-sites", json={"name": "Bench", "code": "BEN", "trusted_network": True}))
    profile = await _ok(
        client.post("/profiles", json={"name": "Bench", "tasks": TASKS, "computer_naming_pattern": "B-{seq:4}"})
    )
    key = read_server_key(public_pem(load_or_make(server.data_dir / "keys")))
    rack = [
        NetbootMachine(ServerAddress.of(server.url), key, facts_of(number), site_key=site["key"])
        for number in range(1, MACHINES + 1)
    ]
    targets = [{"machine": {"smbios_uuid": one.facts["smbios_uuid"]}} for one in rack]
    armed = await _ok(client.post("/deployments:batch", json={"profile_id": profile["id"], "targets": targets}))
    assert all(result["ok"] for result in armed["results"]), armed
    return rack


async def _deploy(one: NetbootMachine) -> None:
    await one.begin()
    await one.wait_until_approved()
    assert one.plan is not None
    tasks = [task for task in one.plan["tasks"] if task["phase"] == "boot"]
    each = SECONDS / len(tasks)
    for task in tasks:
        at = {"position": task["position"], "attempt": 1}
        await one.report({"type": "step_started", **at})
        ends = time.monotonic() + each
        while (left := ends - time.monotonic()) > 0:
            await one.report(
                {
                    "type": "progress",
                    "position": task["position"],
                    "percent": min(100.0, 100 * (1 - left / each)),
                    # Its own time, by which the wall's age is known.
                    "text": str(time.time()),
                }
            )
            await asyncio.sleep(min(PROGRESS_EVERY_S, left))
        await one.report({"type": "log", "position": task["position"], "stream": "engine", "text": "done\n"})
        await one.report({"type": "step_finished", **at, "outcome": "succeeded"})
    await one.finish_phase("succeeded")
    one.close()


async def _look(client: httpx2.AsyncClient, rack: list[NetbootMachine], over: asyncio.Event, number: int) -> _Seen:
    seen, turn = _Seen(), number
    while not over.is_set():
        turn += 1
        began = time.perf_counter()
        page = await _ok(client.get("/deployments", params={"filter[state]": "running", "limit": MACHINES}))
        seen.answers.append(time.perf_counter() - began)
        now = time.time()
        for item in page["items"]:
            if item["progress"] and item["progress"]["text"]:
                seen.lags.append(now - float(item["progress"]["text"]))
        deployment_id = rack[turn % len(rack)].deployment_id
        for path in (f"/deployments/{deployment_id}", f"/deployments/{deployment_id}/log", "/devices"):
            if deployment_id is not None or path == "/devices":
                began = time.perf_counter()
                await _ok(client.get(path))
                seen.answers.append(time.perf_counter() - began)
        await asyncio.sleep(0.05)
    return seen


async def _states(client: httpx2.AsyncClient) -> dict[str, int]:
    found: dict[str, int] = {}
    for item in (await _ok(client.get("/deployments", params={"limit": 200})))["items"]:
        found[item["state"]] = found.get(item["state"], 0) + 1
    return found


async def _ok(asked: Any) -> Any:
    answer = await asked
    assert answer.is_success, answer.text
    return answer.json()


_NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
