"""The plug is pulled in the middle of a deployment: the machine can always be deployed again, and never twice."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from conftest import Saw
from netboot.checks import check_all
from netboot.deploying import Prepared, arm, prepare, state_of
from netboot.disk import Disk
from netboot.lab import SCRIPT, Environment
from netboot.machine import Hardware, Machine
from netboot.namespaces import Network
from support.waiting import until

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(not os.environ.get("DEPLOYFLOW_TEST_LONG"), reason="takes 25 min; DEPLOYFLOW_TEST_LONG=1"),
]
Run = dict[str, Any]
TWICE = (1, 2)


def step(run: Run, position: int) -> str:
    state: str = run["steps"][position]["state"]
    return state


def applied(run: Run, percent: float) -> bool:
    progress = run["progress"] or {}
    return (step(run, 1) == "running" and (progress.get("percent") or 0) >= percent) or step(run, 1) == "succeeded"


POINTS: dict[str, Callable[[Run], bool]] = {
    "as soon as it is let in": lambda run: run["state"] == "running",
    "while the disk is partitioned": lambda run: step(run, 0) == "running",
    "when the disk is partitioned": lambda run: step(run, 0) == "succeeded",
    "when the image begins": lambda run: step(run, 1) == "running",
    "at a fifth of the image": lambda run: applied(run, 20),
    "at the half of the image": lambda run: applied(run, 50),
    "at nine tenths of the image": lambda run: applied(run, 90),
    "when the image is applied": lambda run: step(run, 1) == "succeeded",
    "while the agent is planted": lambda run: step(run, 3) == "running",
    "when all is done": lambda run: run["state"] == "awaiting_first_boot",
}


@pytest.fixture
def prepared(environment: Environment, network: Network, tmp_path: Path) -> Iterator[Prepared]:
    with prepare(environment, network, tmp_path) as made:
        yield made


@pytest.mark.parametrize("time", TWICE)
@pytest.mark.parametrize("point", POINTS)
def test_a_power_cut(prepared: Prepared, tmp_path: Path, point: str, time: int, saw: Saw) -> None:
    blank = Disk.blank(tmp_path / "disk.raw", gigabytes=4)
    deployment_id = arm(prepared)

    with Machine(tmp_path, Hardware(), disk=blank, name="cut") as machine:

        def reached() -> Run | None:
            assert not machine.ran_out_of_time
            run = prepared.lab.deployment(deployment_id)
            return run if POINTS[point](run) else None

        cut = until(point, reached, every_s=0.05)
        machine.power_off()

    asked = prepared.lab.answered(SCRIPT)
    with Machine(tmp_path, Hardware(), disk=blank, name="again") as machine:
        if cut["state"] == "awaiting_first_boot":
            before = Disk(blank, tmp_path / "before").identity()
            until("it asked what to start", lambda: prepared.lab.answered(SCRIPT) >= asked + 2)
            until("it is sent to its disk", lambda: "starting from the local disk" in machine.said(), within_s=30)
            assert Disk(blank, tmp_path / "after").identity() == before
        run = state_of(prepared, deployment_id, machine=machine, wanted="awaiting_first_boot")
        if cut["state"] != "awaiting_first_boot":
            assert machine.wait_until_off(60)
    saw(f"{point}: cut at {cut['state']}, steps {[one['state'] for one in cut['steps']]}; {run['starts']} starts")
    assert len(list(prepared.lab.console.all("/deployments"))) == 1
    assert [one["state"] for one in run["steps"]] == ["succeeded"] * 4
    check_all(Disk(blank, tmp_path / "looked-at"), prepared, deployment_id)
