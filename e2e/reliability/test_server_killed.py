"""The server is killed again and again under many simulated agents that work all the time."""

import asyncio
import os
import random
import time
from datetime import UTC, datetime
from pathlib import Path

from deployflow.app.simulation.client import ServerAddress

from conftest import Saw
from support.agent import AgentProcess
from support.console import ENDED, Console, patiently
from support.fleet import RememberingFleet
from support.load import Load, all_ended, lost
from support.scripts import Trace, broken_rules
from support.waiting import until
from tests.support.server import ServerProcess

SEED = int(os.environ.get("DEPLOYFLOW_TEST_SEED", "20261123"))
KILLS = int(os.environ.get("DEPLOYFLOW_TEST_SERVER_KILLS", "20"))
AGENTS = int(os.environ.get("DEPLOYFLOW_TEST_AGENTS", "500"))
BACK_WITHIN_S = 10.0
# Besides their back-off, for what the machine needs to take all of them in and to write down that they are there.
TAKEN_IN_WITHIN_S = 4.0


def back_within_s(away_s: float) -> float:
    """Ten seconds; where the start alone took more than three, as much as the agents' back-off may take."""
    ends = window = 1.0
    while ends < away_s:
        window *= 2
        ends += window
    # One that tried just before the server was there tries next in the window that follows.
    return max(BACK_WITHIN_S, ends + window * 2 - away_s + TAKEN_IN_WITHIN_S)


async def back(console: Console, since: float, agents: int, *, within_s: float) -> None:
    """Wait until all of them have checked in since then, as the server's own list says."""
    moment = datetime.fromtimestamp(since, UTC).isoformat().replace("+00:00", "Z")
    ends = time.monotonic() + within_s
    while True:
        page = await asyncio.to_thread(
            patiently,
            console.call,
            "GET",
            "/devices",
            **{"filter[last_check_in][gt]": moment, "limit": 1, "total": "true"},
        )
        if page["total"] == agents:
            return
        assert time.monotonic() < ends, f"{page['total']} of {agents} agents are back after {within_s:.0f} s"
        await asyncio.sleep(0.1)


async def test_a_server_killed_20_times_loses_nothing_and_all_agents_are_back_in_10_s(tmp_path: Path, saw: Saw) -> None:
    chance = random.Random(SEED)
    with ServerProcess(data_dir=tmp_path) as server, Console.of_new_installation(server) as console:
        fleet = RememberingFleet(
            ServerAddress.of(server.url), console.token(max_uses=AGENTS, auto_approve=True), AGENTS
        )
        await fleet.enroll()
        load = Load([console], [str(agent.device_id) for agent in fleet.agents], chance)
        began = time.time()
        fleet.start()
        try:
            await back(console, began, AGENTS, within_s=300)
            load.start()
            took, started_in = [], []
            for _ in range(KILLS):
                await asyncio.sleep(chance.uniform(0.2, 1.0))
                died = time.time()
                await asyncio.to_thread(server.kill)
                await asyncio.to_thread(server.start)
                ready = time.time()
                started_in.append(ready - died)
                await back(console, died, AGENTS, within_s=300)
                took.append(time.time() - ready)
                assert took[-1] <= back_within_s(started_in[-1]), (
                    f"{took[-1]:.1f} s to come back, after a start of {started_in[-1]:.1f} s"
                )
            await load.stop()
            found = await all_ended(console, load, within_s=300)
        finally:
            await load.stop()
            await fleet.stop()
        saw(
            f"seed {SEED}: {KILLS} kills under {AGENTS} agents; start {max(started_in):.1f} s at most; all back in"
            f" {max(took):.1f} s at most, {sorted(took)[len(took) // 2]:.1f} s in the middle;"
            f" {len(load.acknowledged)} orders acknowledged, {len(fleet.acknowledged)} results {dict(fleet.outcomes)},"
            f" {sum(fleet.handed_out.values()) - len(fleet.handed_out)} handed out again; refused {dict(load.refused)}"
        )
        assert lost(found, load, fleet) == []
        assert len(fleet.acknowledged) >= len(load.acknowledged)


def test_a_real_agent_loses_no_line_of_output_while_its_server_is_killed(tmp_path: Path, saw: Saw) -> None:
    chance = random.Random(SEED)
    trace, lines = Trace(tmp_path / "trace"), 20
    with ServerProcess(data_dir=tmp_path / "server") as server, Console.of_new_installation(server) as console:
        agent = AgentProcess(tmp_path / "agent")
        device_id = agent.enroll(server.url, console.token())
        with agent:
            orders = {
                number: console.run_script([device_id], trace.script(number, seconds=2, lines=lines))[0]
                for number in range(12)
            }
            kills = 0
            while sum(trace.counts()[1].values()) < len(orders):
                time.sleep(chance.uniform(0.1, 1.0))
                server.kill()
                server.start()
                kills += 1
                # Long enough to be found again, now and then.
                time.sleep(chance.choice([0.0, 1.0, 3.0]))
            until(
                "all results",
                lambda: all(console.action(action_id)["status"] in ENDED for action_id in orders.values()),
                within_s=150,
            )
        saw(f"seed {SEED}: {kills} kills while {len(orders)} scripts printed {lines} lines each")
        assert broken_rules(console, trace, orders, lines=lines) == []
        assert kills > 0
