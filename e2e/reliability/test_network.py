"""The network between a real agent and the server breaks, in every way a network can."""

import os
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from conftest import Saw
from support.agent import AgentProcess
from support.console import ENDED, Console
from support.faults import Chance, FaultProxy
from support.scripts import Trace, broken_rules
from support.waiting import until
from tests.support.server import ServerProcess

SEED = int(os.environ.get("DEPLOYFLOW_TEST_SEED", "20261123"))
LONG = bool(os.environ.get("DEPLOYFLOW_TEST_LONG"))
ORDERS = 30
# The agent's back-off has a window of 64 s at most, of which it waits up to twice.
BACK_WITHIN_S = 150


@dataclass
class Line:
    """An agent that reaches its server over a network that can be broken."""

    console: Console
    agent: AgentProcess
    network: FaultProxy
    trace: Trace
    device_id: str

    def status(self, action_id: str) -> str:
        status: str = self.console.action(action_id)["status"]
        return status


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Line]:
    with (
        ServerProcess(data_dir=tmp_path / "server") as server,
        Console.of_new_installation(server) as console,
        FaultProxy([server.port], seed=SEED) as network,
    ):
        agent = AgentProcess(tmp_path / "agent")
        device_id = agent.enroll(network.url, console.token())
        with agent:
            yield Line(console, agent, network, Trace(tmp_path / "trace"), device_id)


def test_results_arrive_once_over_a_network_that_fails_at_random(line: Line, saw: Saw) -> None:
    orders: dict[int, str] = {}
    line.network.chance = Chance(reset=0.06, truncate=0.06, half_close=0.03, delay=0.2, delay_s=0.3)
    began = time.monotonic()
    for number in range(ORDERS):
        orders[number] = line.console.run_script([line.device_id], line.trace.script(number, seconds=0.2))[0]
    # Until half of them came through, or a while: what is left comes when the network is whole again.
    until(
        "half of the results through the faults, or 25 s",
        lambda: (
            time.monotonic() - began > 25
            or sum(line.status(action_id) == "succeeded" for action_id in orders.values()) >= ORDERS // 2
        ),
        every_s=0.5,
    )
    happened = dict(line.network.happened)
    line.network.heal()
    until(
        "all results after the network was whole again",
        lambda: all(line.status(action_id) in ENDED for action_id in orders.values()),
        within_s=BACK_WITHIN_S,
        every_s=0.5,
    )
    counted = Counter(action["status"] for action in line.console.actions())
    saw(f"seed {SEED}: faults {happened}; {dict(counted)} after {time.monotonic() - began:.0f} s")
    assert happened, "no fault happened: the test has shown nothing"
    assert broken_rules(line.console, line.trace, orders) == []
    assert counted == {"succeeded": ORDERS}
    assert line.console.device(line.device_id)["state"] == "active"


@pytest.mark.parametrize("way", ["cut", "swallow"])
def test_what_ended_while_the_network_was_away_arrives_once(line: Line, way: str, saw: Saw) -> None:
    orders = {0: line.console.run_script([line.device_id], line.trace.script(0, seconds=3))[0]}
    until("the server knows that it runs", lambda: line.status(orders[0]) == "running")
    getattr(line.network, way)()
    orders[1] = line.console.run_script([line.device_id], line.trace.script(1))[0]
    until("the script has ended on the device", lambda: line.trace.counts()[1][0] == 1)
    # Long enough for several tries of the agent.
    time.sleep(6)
    assert line.status(orders[0]) == "running", "the server cannot know of the end yet"
    assert line.trace.counts()[0][1] == 0, "nothing gets through"
    healed = time.monotonic()
    line.network.heal()
    until(
        "both results",
        lambda: all(line.status(action_id) in ENDED for action_id in orders.values()),
        within_s=BACK_WITHIN_S,
    )
    saw(f"{way}: both results {time.monotonic() - healed:.1f} s after the network was back")
    assert broken_rules(line.console, line.trace, orders) == []
    assert [line.status(action_id) for action_id in orders.values()] == ["succeeded"] * 2


@pytest.mark.long
@pytest.mark.skipif(not LONG, reason="takes 3 min; DEPLOYFLOW_TEST_LONG=1 runs it")
def test_connections_that_die_silently_are_given_up_and_results_arrive_once(line: Line) -> None:
    """A firewall forgets connections without a word: only time-outs help."""
    orders = {0: line.console.run_script([line.device_id], line.trace.script(0, seconds=2))[0]}
    until("the server knows that it runs", lambda: line.status(orders[0]) == "running")
    line.network.chance = Chance(drop=1.0)
    until("the script has ended on the device", lambda: line.trace.counts()[1][0] == 1)
    time.sleep(2)
    line.network.heal()
    until("the result", lambda: line.status(orders[0]) in ENDED, within_s=2 * BACK_WITHIN_S)
    assert broken_rules(line.console, line.trace, orders) == []
