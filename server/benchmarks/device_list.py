"""How long the device list takes with 100,000 devices: pages, sorts, filters, searches, counts, deep cursors.

    uv run python -m benchmarks.device_list [--database postgresql] [--devices 100000] [--json]

SQLite in a temporary folder by default; with `postgresql` in a throw-away cluster on a socket.
"""

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import text

from benchmarks.fleet_data import fill
from deployflow.app import migrate
from deployflow.devices import queries
from deployflow.identity.models import Tenant
from deployflow.platform.context import Context, system_context
from deployflow.platform.db import Database
from deployflow.platform.ids import new_id
from deployflow.platform.paging import Filter, ListParams
from deployflow.platform.settings import Settings

RUNS = 20
SEARCHES = ("pc-0421", "user00042", "thinkpad", "pc", "e", "windows 11 ham", "zzzz", "%", "4F")


def cases(deep: dict[str, str]) -> dict[str, ListParams]:
    """What people do with the list."""
    found: dict[str, ListParams] = {"first page": ListParams(), "first page, total": ListParams(total=True)}
    for sort in ("hostname", "-hostname", "last_check_in", "os_name", "-model", "state"):
        found[f"sort {sort}"] = ListParams(sort=(sort,))
    for sort, cursor in deep.items():
        found[f"deep in {sort}"] = ListParams(sort=(sort,), cursor=cursor)
    for q in SEARCHES:
        found[f"search {q!r}"] = ListParams(q=q)
        found[f"search {q!r}, total"] = ListParams(q=q, total=True)
        found[f"search {q!r} by hostname, total"] = ListParams(q=q, total=True, sort=("hostname",))
    for name, op, value in (
        ("status", "eq", "offline"),
        ("state", "eq", "quarantined"),
        ("tag", "eq", "vip"),
        ("model", "eq", "OptiPlex 7010"),
        ("os_name", "contains", "server"),
        ("hostname", "contains", "99"),
        ("last_check_in", "lt", "2020-01-01T00:00:00Z"),
        ("manufacturer", "eq", "nobody"),
    ):
        filters = (Filter(name, op, value),)
        found[f"filter {name} {op} {value}, total"] = ListParams(filters=filters, total=True)
        found[f"filter {name} {op} {value} by hostname, total"] = ListParams(
            filters=filters, total=True, sort=("hostname",)
        )
    return found


async def measure(db: Database, context: Context) -> dict[str, dict[str, float]]:
    """Milliseconds of each case."""
    deep: dict[str, str] = {}
    for sort in ("-last_check_in", "hostname", "os_name"):
        cursor = None
        for _ in range(200):
            async with db.read(context) as session:
                page = await queries.page(session, ListParams(limit=200, sort=(sort,), cursor=cursor))
            cursor = page.next_cursor
        deep[sort] = str(cursor)
    took: dict[str, dict[str, float]] = {}
    for name, params in cases(deep).items():
        runs = []
        for _ in range(RUNS):
            started = time.perf_counter()
            async with db.read(context) as session:
                (await queries.page(session, params)).model_dump_json()
            runs.append((time.perf_counter() - started) * 1000)
        took[name] = _figures(runs)
    runs = []
    for _ in range(RUNS):
        started = time.perf_counter()
        async with db.read(context) as session:
            await queries.summary(session)
        runs.append((time.perf_counter() - started) * 1000)
    took["summary"] = _figures(runs)
    return took


def _figures(runs: list[float]) -> dict[str, float]:
    return {"p50_ms": round(statistics.median(runs), 1), "p95_ms": round(sorted(runs)[int(len(runs) * 0.95) - 1], 1)}


@contextmanager
def database(kind: str) -> Iterator[Settings]:
    """Settings of an empty database of our own."""
    with tempfile.TemporaryDirectory(prefix="dfbench-") as folder:
        if kind == "sqlite":
            yield Settings(data_dir=Path(folder))
            return
        from tests.conftest import postgres_cluster

        with postgres_cluster() as url:
            yield Settings(data_dir=Path(folder), database_url=url)


async def prepare(settings: Settings, count: int) -> tuple[Database, Context]:
    """A migrated database with a fleet in it, with fresh statistics as a database has after a night."""
    db = Database(settings)
    await migrate.upgrade(db)
    tenant_id = new_id()
    async with db.write(system_context()) as session:
        session.add(Tenant(id=tenant_id, name="Bench", slug="bench"))
    await fill(db, tenant_id, count)
    async with db.writer.connect() as connection:
        plain = await connection.execution_options(isolation_level="AUTOCOMMIT")
        await plain.execute(text("ANALYZE" if db.is_sqlite else "VACUUM ANALYZE"))  # noqa: TID251  no tenant's rows
    return db, Context(tenant_id=tenant_id)


async def run(kind: str, count: int) -> dict[str, Any]:
    with database(kind) as settings:
        db, context = await prepare(settings, count)
        try:
            return {"database": kind, "devices": count, "cases": await measure(db, context)}
        finally:
            await db.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--devices", type=int, default=100_000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    result = asyncio.run(run(options.database, options.devices))
    if options.json:
        print(json.dumps(result))
        return
    for name, figures in sorted(result["cases"].items(), key=lambda item: -item[1]["p95_ms"]):
        print(f"{figures['p95_ms']:8.1f} ms p95 {figures['p50_ms']:8.1f} ms p50  {name}")


if __name__ == "__main__":
    main()
