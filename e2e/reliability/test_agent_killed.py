"""The agent is killed at random, again and again, while it runs scripts."""

import os
import random
import time
from collections import Counter
from pathlib import Path
from uuid import uuid4

from conftest import Saw
from support.agent import AgentProcess, processes_with
from support.console import ENDED, Console
from support.scripts import Trace, broken_rules
from support.waiting import until
from tests.support.server import ServerProcess

KILLS = int(os.environ.get("DEPLOYFLOW_TEST_AGENT_KILLS", "100"))
SEED = int(os.environ.get("DEPLOYFLOW_TEST_SEED", "20261123"))
# Orders that wait or run at every kill; what a kill ends is replaced by new ones.
OPEN = 50


def test_an_agent_killed_100_times_runs_nothing_twice_and_loses_no_result(tmp_path: Path, saw: Saw) -> None:
    chance = random.Random(SEED)
    trace = Trace(tmp_path / "trace")
    mark = uuid4().hex
    orders: dict[int, str] = {}
    with ServerProcess(data_dir=tmp_path / "server") as server, Console.of_new_installation(server) as console:
        agent = AgentProcess(tmp_path / "agent", CHAOS_RUN=mark)
        device_id = agent.enroll(server.url, console.token())

        def open_orders() -> int:
            listed = console.call("GET", "/actions/summary")
            return int(listed["pending"] + listed["leased"] + listed["running"])

        def top_up() -> None:
            for _ in range(OPEN - open_orders()):
                number = len(orders)
                body = trace.script(number, seconds=chance.choice([0.0, 0.05, 0.3, 1.0]))
                orders[number] = console.run_script([device_id], body)[0]

        began = time.monotonic()
        in_start = 0
        for _ in range(KILLS):
            top_up()
            agent.start()
            # A third of the kills falls into the start, with its recovery and its first check-in.
            early = chance.random() < 1 / 3
            in_start += early
            time.sleep(chance.uniform(0, 0.15) if early else chance.uniform(0.1, 1.2))
            agent.kill()
        killed_for = time.monotonic() - began
        with agent:
            until("every action has ended", lambda: open_orders() == 0, within_s=120)
            until(
                "every end has been acknowledged",
                lambda: all(action["status"] in ENDED for action in console.actions()),
            )
            left = [pid for pid in processes_with("CHAOS_RUN", mark) if agent.process and pid != agent.process.pid]
        starts, _ = trace.counts()
        counted = Counter(action["status"] for action in console.actions())
        saw(
            f"seed {SEED}: {KILLS} kills in {killed_for:.0f} s ({in_start} in the start),"
            f" {len(orders)} actions: {dict(counted)}; {sum(starts.values())} starts"
        )
        assert broken_rules(console, trace, orders) == []
        assert left == [], "scripts of a dead agent still run"
        assert console.device(device_id)["state"] == "active"
        assert counted["succeeded"] > 0
        assert counted["interrupted"] > 0
