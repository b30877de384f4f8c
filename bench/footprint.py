"""What the product weighs: start, memory, downloads, first view."""

import asyncio
import gzip
import http.client
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx2

from bench import machine
from bench.agents import DIST, ROOT, real_agent
from bench.figures import Figure, Report, median
from bench.load import LoadFailed
from bench.serving import Stock
from tests.support.server import free_port

START_S, SERVER_MB, AGENT_MB = 1.5, 120, 30
LINUX_MB, WINDOWS_MB, FIRST_VIEW_KB = 10, 16, 200
STARTS = 5
IDLE_S = 60
# A person's first minutes, before it is left alone.
REQUESTS = 50
CONSOLE = ROOT / "console" / "out"
_SCRIPT = re.compile(r"<script([^>]*)>", re.IGNORECASE)
_SRC = re.compile(r'src="/([^"?]+)')


async def measure(stock: Stock) -> list[Report]:
    """One report."""
    figures = [*_starts(), *await _idle(stock), *_downloads()]
    return [Report("What it weighs", figures)]


def _starts() -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="dfbench-start-") as folder:
        first = _start(Path(folder))
        later = [_start(Path(folder)) for _ in range(STARTS)]
    return [
        Figure(
            "start to the first 200 of /healthz",
            median(later),
            "s",
            START_S,
            digits=2,
            note=f"median of {STARTS}, {min(later):.2f} to {max(later):.2f}",
        ),
        Figure("the very first start, with migrations and keys", first, "s", digits=2),
    ]


def _start(folder: Path) -> float:
    port = free_port()
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "deployflow", "serve", "--data-dir", str(folder), "--port", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=ROOT / "server",
    )
    try:
        while not _is_healthy(port):
            if process.poll() is not None or time.perf_counter() - started > 60:
                raise LoadFailed("the server did not start")
            time.sleep(0.005)
        return time.perf_counter() - started
    finally:
        process.terminate()
        process.wait()


def _is_healthy(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


async def _idle(stock: Stock) -> list[Figure]:
    seeded = await stock.fleet("sqlite")
    with (
        stock.server("sqlite") as server,
        tempfile.TemporaryDirectory(prefix="dfbench-agent-") as folder,
    ):
        async with (
            httpx2.AsyncClient(
                base_url=server.url, headers={"Authorization": f"Bearer {seeded.api_key}"}, timeout=30
            ) as client,
            real_agent(client, Path(folder) / "agent") as (agent, _device_id),
        ):
            for _ in range(REQUESTS):
                (await client.get("/api/v1/devices")).raise_for_status()
            await asyncio.sleep(10)
            assert agent.process is not None
            pids = {"server": server.pid, "agent": agent.process.pid}
            before = {name: machine.cpu_s(pid) for name, pid in pids.items()}
            await asyncio.sleep(IDLE_S)
            cpu = {name: (machine.cpu_s(pid) - before[name]) / IDLE_S * 100 for name, pid in pids.items()}
            memory = {name: machine.rss_bytes(pid) / 1e6 for name, pid in pids.items()}
    return [
        Figure(
            "server, resident memory when idle",
            memory["server"],
            "MB",
            SERVER_MB,
            note=f"{seeded.devices:,} devices in SQLite, one agent, after {REQUESTS} requests",
        ),
        Figure("server, processor when idle", cpu["server"], "% of one core", note=f"over {IDLE_S} s", digits=2),
        Figure("agent on Linux, resident memory when idle", memory["agent"], "MB", AGENT_MB),
        Figure(
            "agent on Linux, processor when idle",
            cpu["agent"],
            "% of one core",
            0.1,
            digits=2,
            note=f"over {IDLE_S} s, in steps of 10 ms",
        ),
    ]


def _downloads() -> list[Figure]:
    figures = []
    for name, file, target in (
        ("agent download, Linux", "deployflow-agent-linux-x64.tar.gz", LINUX_MB),
        ("agent download, Windows", "deployflow-agent-win-x64.zip", WINDOWS_MB),
    ):
        if not (DIST / file).exists():
            raise LoadFailed(f"agent/dist/{file} is not built. Build it with: make agent")
        figures.append(Figure(name, (DIST / file).stat().st_size / 1e6, "MB", target))
    return [*figures, _first_view()]


def _first_view() -> Figure:
    page = CONSOLE / "index.html"
    if not page.exists():
        raise LoadFailed("console/out is not built. Build it with: make up")
    scripts = [
        found[1]
        for attributes in _SCRIPT.findall(page.read_text())
        if "nomodule" not in attributes.lower() and (found := _SRC.search(attributes))
    ]
    size = sum(len(gzip.compress((CONSOLE / script).read_bytes(), 6)) for script in set(scripts))
    return Figure(
        "console, JavaScript of the first view, gzip",
        size / 1000,
        "KB",
        FIRST_VIEW_KB,
        digits=0,
        note=f"the {len(set(scripts))} scripts that index.html loads",
    )
