"""PostgreSQL crashes under load, and two server processes share one PostgreSQL."""

import asyncio
import os
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from deployflow.app.simulation.client import ServerAddress

from conftest import Saw
from support.agent import AgentProcess
from support.console import ENDED, Console
from support.faults import FaultProxy
from support.fleet import RememberingFleet
from support.load import Load, all_ended, lost
from support.postgres import Cluster
from support.scripts import Trace, broken_rules
from support.waiting import until
from tests.support.server import ServerProcess

SEED = int(os.environ.get("DEPLOYFLOW_TEST_SEED", "20261123"))
RESTARTS = int(os.environ.get("DEPLOYFLOW_TEST_POSTGRES_RESTARTS", "5"))
AGENTS = int(os.environ.get("DEPLOYFLOW_TEST_POSTGRES_AGENTS", "200"))
BACK_WITHIN_S = 10.0
# How long an order to all agents takes on a machine that has nothing else to do. Where it takes longer, so does
# everything else.
USUAL_ORDER_S = 1.0


async def all_do(load: Load, fleet: RememberingFleet) -> float:
    """Seconds until an order to every agent was accepted, done, and acknowledged."""
    began = time.monotonic()
    ids = await load.order_patiently(load.device_ids)
    async with asyncio.timeout(300):
        while not fleet.acknowledged.issuperset(ids):  # noqa: ASYNC110  many agents change it
            await asyncio.sleep(0.05)
    return time.monotonic() - began


async def test_postgresql_restarted_5_times_under_load_loses_nothing(tmp_path: Path, saw: Saw) -> None:
    chance = random.Random(SEED)
    with (
        Cluster() as cluster,
        ServerProcess(data_dir=tmp_path, database_url=cluster.url) as server,
        Console.of_new_installation(server) as console,
    ):
        fleet = RememberingFleet(
            ServerAddress.of(server.url), console.token(max_uses=AGENTS, auto_approve=True), AGENTS
        )
        await fleet.enroll()
        load = Load([console], [str(agent.device_id) for agent in fleet.agents], chance)
        fleet.start()
        try:
            usual = await all_do(load, fleet)
            load.start()
            took = []
            for _ in range(RESTARTS):
                await asyncio.sleep(chance.uniform(0.5, 2.0))
                await asyncio.to_thread(cluster.restart)
                took.append(await all_do(load, fleet))
            await load.stop()
            found = await all_ended(console, load, within_s=300)
        finally:
            await load.stop()
            await fleet.stop()
        saw(
            f"seed {SEED}: PostgreSQL crashed {RESTARTS} times under {AGENTS} agents; all of them did an order in"
            f" {max(took):.1f} s at most; {len(load.acknowledged)} orders acknowledged, {len(fleet.acknowledged)}"
            f" results {dict(fleet.outcomes)}; refused {dict(load.refused)}"
        )
        assert lost(found, load, fleet) == []
        assert max(took) <= BACK_WITHIN_S * max(1.0, usual / USUAL_ORDER_S)


@dataclass
class Pair:
    """Two server processes of one installation, a balancer before them, and an administrator at each."""

    first: ServerProcess
    second: ServerProcess
    balancer: FaultProxy
    console: Console
    other: Console


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """They have the same database and the same keys. A test that kills one starts it again."""
    folder = tmp_path_factory.mktemp("pair")
    with Cluster() as cluster:
        first = ServerProcess(data_dir=folder / "data", database_url=cluster.url)
        second = ServerProcess(data_dir=folder / "data", database_url=cluster.url)
        # Their words apart, though their folder is one.
        second.output, second.log = folder / "second.out", folder / "second.log"
        with (
            first,
            second,
            Console.of_new_installation(first) as console,
            console.at(second.url) as other,
            FaultProxy([first.port, second.port]) as balancer,
        ):
            yield Pair(first, second, balancer, console, other)


class TestTwoServers:
    def test_an_action_queued_at_one_wakes_the_agent_that_the_other_holds(
        self, pair: Pair, tmp_path: Path, saw: Saw
    ) -> None:
        trace, console = Trace(tmp_path / "trace"), pair.console
        agent = AgentProcess(tmp_path / "agent")
        device_id = agent.enroll(pair.second.url, console.token())
        orders: dict[int, str] = {}
        took = []
        with agent:
            until("it is online", lambda: console.device(device_id)["status"] == "online")
            for number in range(10):
                # Let it come to rest in a held check-in.
                time.sleep(0.5)
                began = time.monotonic()
                orders[number] = console.run_script([device_id], trace.script(number))[0]
                until("it starts", lambda number=number: trace.counts()[0][number] == 1, every_s=0.005)
                took.append(time.monotonic() - began)
                until("it ends", lambda number=number: console.action(orders[number])["status"] in ENDED)
        saw(f"queued at one, its script starts at the other's agent after {max(took) * 1000:.0f} ms at most")
        assert broken_rules(console, trace, orders) == []
        # Far below the 50 s after which it would have asked by itself.
        assert max(took) < 10

    def test_when_one_is_killed_its_agent_moves_to_the_other_and_nothing_is_lost(
        self, pair: Pair, tmp_path: Path, saw: Saw
    ) -> None:
        trace, other = Trace(tmp_path / "trace"), pair.other
        agent = AgentProcess(tmp_path / "agent")
        device_id = agent.enroll(pair.balancer.url, pair.console.token())
        orders: dict[int, str] = {}
        with agent:
            for number in range(8):
                orders[number] = pair.console.run_script([device_id], trace.script(number, seconds=1))[0]
            until("some run", lambda: len(trace.counts()[0]) >= 2)
            died = time.monotonic()
            pair.first.kill()
            until(
                "all have ended at the other",
                lambda: all(other.action(action_id)["status"] in ENDED for action_id in orders.values()),
                within_s=150,
            )
            saw(f"all 8 ended {time.monotonic() - died:.1f} s after one server was killed")
            pair.first.start()
            assert broken_rules(other, trace, orders) == []
            assert [other.action(action_id)["status"] for action_id in orders.values()] == ["succeeded"] * 8

    async def test_agents_of_a_killed_server_are_back_at_the_other_in_10_s(self, pair: Pair, saw: Saw) -> None:
        agents = 60
        token = pair.console.token(max_uses=agents, auto_approve=True)
        fleet = RememberingFleet(ServerAddress.of(pair.balancer.url), token, agents)
        await fleet.enroll()
        load = Load([pair.console, pair.other], [str(device.device_id) for device in fleet.agents], random.Random(SEED))
        fleet.start()
        try:
            usual = await all_do(load, fleet)
            await asyncio.to_thread(pair.first.kill)
            load.consoles = [pair.other]
            took = await all_do(load, fleet)
            found = await all_ended(pair.other, load, within_s=60)
        finally:
            await fleet.stop()
        await asyncio.to_thread(pair.first.start)
        saw(f"{agents} agents did an order {took:.1f} s after one server was killed ({usual:.1f} s before)")
        assert lost(found, load, fleet) == []
        assert took <= BACK_WITHIN_S * max(1.0, usual / USUAL_ORDER_S)
