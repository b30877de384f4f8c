"""A deployment from power-on to the finished disk: a virtual machine without KVM, UEFI's own PXE, a 200 MB image."""

import os
import tempfile
import time
from datetime import datetime
from pathlib import Path

from netboot.deploying import Prepared, arm, prepare, state_of
from netboot.disk import Disk
from netboot.lab import ENVIRONMENT, SCRIPT, build_environment
from netboot.machine import Hardware, Machine
from netboot.namespaces import Network
from netboot.needs import lacking

from bench.figures import Figure, Report
from bench.load import LoadFailed
from bench.serving import Stock
from support.waiting import until

# What a shell script with the same tools took on such a machine.
TARGET_S = 34
IMAGE_MB = 200


async def measure(_stock: Stock) -> list[Report]:
    """One report."""
    if reason := lacking():
        raise LoadFailed(reason)
    network = Network(f"dfbench{os.getpid()}")
    with tempfile.TemporaryDirectory(prefix="dfbench-deployment-") as folder:
        environment = build_environment(Path(folder) / "environment")
        network.make()
        try:
            with network.inside(), prepare(environment, network, Path(folder), megabytes=IMAGE_MB) as prepared:
                return [Report("A deployment, from power-on", _run(prepared, Path(folder)))]
        finally:
            network.remove()


def _run(prepared: Prepared, folder: Path) -> list[Figure]:
    lab = prepared.lab
    deployment_id = arm(prepared)
    seen: dict[str, float] = {}
    with Machine(folder, Hardware(), disk=Disk.blank(folder / "disk.raw", gigabytes=4)) as machine:
        for what, there in (
            ("the loader asks for its script", lambda: lab.answered(SCRIPT) >= 1),
            ("the environment is asked for", lambda: lab.answered(ENVIRONMENT) >= 1),
            ("the machine has a session", lambda: lab.session() is not None),
        ):
            until(what, there)
            seen[what] = machine.age_s()
        begun = time.time() - machine.age_s()
        run = state_of(prepared, deployment_id, machine=machine, wanted="awaiting_first_boot")
        done = machine.age_s()
    figures = [Figure(what, at, "s", digits=1) for what, at in seen.items()]
    for step in run["steps"]:
        finished = datetime.fromisoformat(step["finished_at"]).timestamp()
        took = finished - datetime.fromisoformat(step["started_at"]).timestamp()
        figures.append(Figure(f"done: {step['name']}", finished - begun, "s", digits=1, note=f"took {took:.1f} s"))
    figures.append(Figure("the disk is deployed", done, "s", TARGET_S, digits=1, note=f"{IMAGE_MB} MB image"))
    return figures
