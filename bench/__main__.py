"""Runs the benchmarks and writes docs/benchmarks.md.

    python -m bench [NAME …]      all, or those named; ONLY=NAME in the environment does the same

Ends with 0 when everything was measured, whatever the figures say: a clock must not fail a build. Ends with 1 when
something could not be measured.
"""

import asyncio
import os
import signal
import sys
import time
import traceback
from collections.abc import Awaitable, Callable
from contextlib import ExitStack

import uvloop

from bench import check_ins, deployment, footprint, held, lists, machine, real_agent, report, runs, wall
from bench.figures import Report
from bench.postgres import NoPostgres, cluster
from bench.serving import DESIGNED_FLEET, FLEET, Stock, stock

Benchmark = Callable[[Stock], Awaitable[list[Report]]]
BENCHMARKS: dict[str, Benchmark] = {
    "check-ins": check_ins.measure,
    "held": held.measure,
    "runs": runs.measure,
    "real-agent": real_agent.measure,
    "lists": lists.measure,
    "wall": wall.measure,
    "footprint": footprint.measure,
    "deployment": deployment.measure,
}


def main(names: list[str]) -> int:
    wanted = names or os.environ.get("ONLY", "").split() or list(BENCHMARKS)
    if unknown := set(wanted) - set(BENCHMARKS):
        print(
            f"bench: no benchmark is named {' or '.join(sorted(unknown))}; there are {', '.join(BENCHMARKS)}",
            file=sys.stderr,
        )
        return 2
    machine.raise_open_files()
    # Ended from outside, it still stops the servers it started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    failed = []
    with ExitStack() as stack:
        stack.enter_context(machine.first_in_line())
        try:
            postgres = stack.enter_context(cluster())
        except NoPostgres as error:
            print(f"bench: {error}", file=sys.stderr)
            return 1
        seeded = stack.enter_context(stock(postgres=postgres))
        for name in wanted:
            print(f"\n━━ {name}", flush=True)
            started = time.monotonic()
            try:
                with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                    found = runner.run(_run(BENCHMARKS[name], seeded))
            except Exception:  # noqa: BLE001  the other figures are wanted all the same
                traceback.print_exc()
                failed.append(name)
                continue
            report.show(found)
            if FLEET == DESIGNED_FLEET:
                report.keep(name, found)
            print(f"  measured in {time.monotonic() - started:.0f} s", flush=True)
    report.write()
    if failed:
        print(f"bench: could not measure {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


async def _run(benchmark: Benchmark, seeded: Stock) -> list[Report]:
    return await benchmark(seeded)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
