"""The device list of a big fleet: first page, sort, filter, search, deep pages, through the real API.

Each question is asked with other words each time: by one client, which is the figure, and then by two that never pause,
so that each waits for the other's turn on the server's core.
"""

import asyncio
import json
import time
from collections.abc import Callable
from urllib.parse import quote

import httpx2

from bench import machine, seeding
from bench.figures import Figure, Report, median, percentile
from bench.load import LoadFailed
from bench.serving import Stock

TARGET_MS = 50.0
DEVICES = 100_000
TIMES = 40
# Far enough that an OFFSET would hurt; reached by asking for 100 pages of 200.
DEEP_PAGES = 100
SLOW = 95

Ask = Callable[[int], str]


def _hosts(number: int) -> str:
    return seeding.hostname(number * 977 % DEVICES)


QUESTIONS: dict[str, Ask] = {
    "first page": lambda _n: "",
    "sort by host name": lambda n: f"sort={'-' if n % 2 else ''}hostname",
    "sort by model, then host name": lambda n: f"sort={'-' if n % 2 else ''}model,hostname",
    "sort by state": lambda n: f"sort={'-' if n % 2 else ''}state",
    "filter: online": lambda n: f"filter[status]={'online' if n % 2 else 'offline'}",
    "filter: OS and tag, by host name": lambda n: (
        f"filter[os_family]={('windows', 'linux')[n % 2]}"
        f"&filter[tag]={seeding.TAGS[n % len(seeding.TAGS)]}&sort=hostname"
    ),
    "filter: pending": lambda _n: "filter[state]=pending&sort=hostname",
    "search: a host name": lambda n: f"q={quote(_hosts(n))}",
    "search: part of many host names": lambda n: f"q={_hosts(n)[:8].lower()}&sort=hostname",
    "search: a person's name": lambda n: f"q={seeding.NAMES[n % 12]}.{seeding.NAMES[n // 12 % 12]}{n % 100}",
    "search: nothing found": lambda n: f"q=no-such-machine-{n}",
    "first page with the total": lambda _n: "total=true",
    "search with the total": lambda n: f"q={seeding.NAMES[n % 12]}.{seeding.NAMES[n // 12 % 12]}&total=true",
}


async def measure(stock: Stock) -> list[Report]:
    """One report for each database."""
    return [await _measure(stock, "sqlite"), *([await _measure(stock, "postgresql")] if stock.has_postgres else [])]


async def _measure(stock: Stock, database: str) -> Report:
    fleet = await stock.fleet(database)
    figures = []
    with stock.server(database) as server, machine.on_load_cores():
        async with httpx2.AsyncClient(
            base_url=server.url, headers={"Authorization": f"Bearer {fleet.api_key}"}, timeout=60
        ) as client:
            deep = {sort: await _deep_cursor(client, sort) for sort in ("-last_check_in", "hostname")}
            questions: dict[str, Ask] = {
                **QUESTIONS,
                f"page {DEEP_PAGES + 1} of 200, by check-in and by host name": lambda n: (
                    f"sort={(sort := list(deep)[n % 2])}&limit=200&cursor={deep[sort]}"
                ),
            }
            await _ask(client, QUESTIONS["first page"], clients=2)
            for name, ask in questions.items():
                alone, both = await _ask(client, ask, clients=1), await _ask(client, ask, clients=2)
                slow, slower = percentile(alone, SLOW) * 1000, percentile(both, SLOW) * 1000
                note = f"p50 {median(alone) * 1000:.1f} ms; two at once {median(both) * 1000:.1f} and {slower:.1f} ms"
                print(f"  {database}: {name}: p95 {slow:.1f} ms ({note})", flush=True)
                figures.append(Figure(f"{name}, p95", slow, "ms", TARGET_MS, note=note))
    return Report(f"Device list at {fleet.devices:,} devices, {_NAMES[database]}", figures)


_NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


async def _ask(client: httpx2.AsyncClient, ask: Ask, *, clients: int) -> list[float]:
    numbers = iter(range(TIMES))
    taken: list[float] = []

    async def one() -> None:
        for number in numbers:
            started = time.perf_counter()
            answer = await client.get(f"/api/v1/devices?{ask(number)}")
            taken.append(time.perf_counter() - started)
            if answer.status_code != httpx2.codes.OK:
                raise LoadFailed(f"{ask(number)}: {answer.status_code} {answer.text[:500]}")

    await asyncio.gather(*(one() for _ in range(clients)))
    return taken


async def _deep_cursor(client: httpx2.AsyncClient, sort: str) -> str:
    cursor = ""
    for _page in range(DEEP_PAGES):
        answer = await client.get(
            "/api/v1/devices", params={"limit": 200, "sort": sort, **({"cursor": cursor} if cursor else {})}
        )
        if answer.status_code != httpx2.codes.OK:
            raise LoadFailed(f"{answer.status_code} {answer.text[:500]}")
        cursor = json.loads(answer.text)["next_cursor"]
    return cursor
