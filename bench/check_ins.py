"""Idle check-ins of one server process, against a FastAPI no-op in the same run.

Idle: signed, answered at once (`max_wait_s` 0), nothing to do, of thousands of distinct devices. The rounds of both
alternate, so that a noisy machine disturbs both alike; the figure is the median of the ratios.
"""

import random
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from bench import machine
from bench.figures import Figure, Report, median
from bench.load import LoadFailed, Run, hammer
from bench.serving import Stock
from bench.signing import BenchDevice
from tests.support.server import free_port

TARGET_RATIO = 0.5
CONNECTIONS = 32
DEVICES = 4_000
REQUESTS = 8_000
ROUNDS = 5


async def measure(stock: Stock) -> list[Report]:
    """One report."""
    fleet = await stock.fleet("sqlite")
    devices = [BenchDevice(number) for number in range(DEVICES)]
    ratios, by_cpu, rates, bare, costs, busy, own = [], [], [], [], [], [], []
    with stock.server("sqlite") as server, _reference() as (bare_pid, noop), machine.on_load_cores():
        # Each device once: its key comes from the database.
        cold = await _check_ins(server.port, devices)
        await hammer(noop, _noops(noop, 2_000), connections=CONNECTIONS)
        for round_ in range(ROUNDS):
            before = machine.cpu_s(bare_pid)
            baseline = await hammer(noop, _noops(noop, REQUESTS), connections=CONNECTIONS)
            bare_cpu = machine.cpu_s(bare_pid) - before
            picked = random.Random(round_).choices(devices, k=REQUESTS)  # noqa: S311
            before = machine.cpu_s(server.pid)
            run = await _check_ins(server.port, picked)
            cpu = machine.cpu_s(server.pid) - before
            busy.append(cpu / run.seconds)
            by_cpu.append(bare_cpu / cpu)
            costs.append(cpu / REQUESTS * 1e6)
            own.append(max(run.own_share, baseline.own_share))
            ratios.append(run.rate / baseline.rate)
            rates.append(run.rate)
            bare.append(baseline.rate)
            print(
                f"  {run.rate:,.0f}/s of {baseline.rate:,.0f}/s: {ratios[-1]:.2f}, by processor time {by_cpu[-1]:.2f}",
                flush=True,
            )
    return [
        Report(
            f"Signed idle check-ins, one process, {fleet.devices:,} devices in the database",
            [
                Figure(
                    "check-ins/s ÷ FastAPI no-op/s",
                    median(ratios),
                    "",
                    TARGET_RATIO,
                    "at_least",
                    note=f"median of {ROUNDS} rounds, {min(ratios):.2f} to {max(ratios):.2f}",
                    digits=2,
                ),
                Figure(
                    "the same by processor time",
                    median(by_cpu),
                    "",
                    digits=2,
                    note="of the two servers for as many requests: hardly disturbed by what else runs",
                ),
                Figure("processor time of a check-in", median(costs), "µs", digits=0),
                Figure("signed idle check-ins", median(rates), "/s", digits=0),
                Figure("FastAPI no-op POST", median(bare), "/s", digits=0),
                Figure(
                    "first check-in of a device in this process",
                    cold.rate,
                    "/s",
                    digits=0,
                    note="its key is read from the database",
                ),
            ],
            [
                (
                    f"{CONNECTIONS} connections, {REQUESTS:,} requests a round of {DEVICES:,} devices, every nonce "
                    f"new, signed beforehand. The server used {median(busy):.0%} of its core, "
                    f"the load {median(own):.0%} of the other."
                ),
            ],
        )
    ]


async def _check_ins(port: int, devices: list[BenchDevice]) -> Run:
    authority = f"127.0.0.1:{port}".encode()
    return await hammer(port, [device.check_in(authority, max_wait_s=0) for device in devices], connections=CONNECTIONS)


def _noops(port: int, count: int) -> list[bytes]:
    body = BenchDevice(0).check_in(b"", max_wait_s=0).split(b"\r\n\r\n", 1)[1]
    request = (
        b"POST /noop HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
        % (port, len(body), body)
    )
    return [request] * count


@contextmanager
def _reference() -> Iterator[tuple[int, int]]:
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "bench.reference", str(port)])
    try:
        machine.pin(process.pid, machine.SERVER_CORES)
        deadline = time.monotonic() + 30
        while True:
            try:
                with socket.create_connection(("127.0.0.1", port), timeout=1):
                    break
            except OSError as error:
                if time.monotonic() > deadline or process.poll() is not None:
                    raise LoadFailed("the reference did not start") from error
                time.sleep(0.05)
        machine.pin(process.pid, machine.SERVER_CORES)
        yield process.pid, port
    finally:
        process.terminate()
        process.wait()
