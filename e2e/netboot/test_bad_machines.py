"""Machines and days that are not as they should be: each ends with a sentence, on its screen and in the console."""

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conftest import Saw
from netboot.checks import check_all
from netboot.deploying import Prepared, approve, prepare, state_of
from netboot.disk import Disk
from netboot.lab import Environment
from netboot.machine import Hardware, Machine
from netboot.namespaces import TAP, Network
from support.waiting import until

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(not os.environ.get("DEPLOYFLOW_TEST_LONG"), reason="takes 6 min; DEPLOYFLOW_TEST_LONG=1"),
]


@pytest.fixture
def prepared(environment: Environment, network: Network, tmp_path: Path) -> Iterator[Prepared]:
    with prepare(environment, network, tmp_path) as made:
        yield made


def failed(prepared: Prepared, machine: Machine, deployment_id: str) -> dict[str, Any]:
    """The run once it has failed, with its sentence on the machine's console as well."""

    def there() -> dict[str, Any] | None:
        assert not machine.ran_out_of_time
        found = prepared.lab.deployment(deployment_id)
        assert found["state"] != "awaiting_first_boot", "it succeeded"
        return found if found["state"] == "failed" else None

    run = until("it has failed", there, every_s=0.3)
    sentence = " ".join(run["error"]["message"].split())[:40]
    until("the sentence is on the machine", lambda: sentence in " ".join(machine.said().split()), within_s=30)
    machine.screenshot("sentence")
    return run


def test_a_machine_without_a_disk(prepared: Prepared, tmp_path: Path, saw: Saw) -> None:
    with Machine(tmp_path, Hardware()) as machine:
        run = failed(prepared, machine, approve(prepared, machine))
    saw(run["error"]["message"])
    assert run["error"]["code"] == "no_disk"


def test_a_disk_that_is_too_small(environment: Environment, network: Network, tmp_path: Path, saw: Saw) -> None:
    with prepare(environment, network, tmp_path, disk={"select": "first", "min_gb": 20}) as prepared:
        small = Disk.blank(tmp_path / "disk.raw", gigabytes=4)
        with Machine(tmp_path, Hardware(), disk=small) as machine:
            run = failed(prepared, machine, approve(prepared, machine))
    saw(run["error"]["message"])
    assert run["error"]["code"] == "disk_too_small"
    assert small.read_bytes()[: 1024 * 1024] == bytes(1024 * 1024), "nothing was written to it"


def test_an_image_that_is_not_what_the_plan_says(prepared: Prepared, tmp_path: Path, saw: Saw) -> None:
    image = prepared.lab.console.call("GET", "/images")["items"][0]
    (stored,) = prepared.lab.server.data_dir.rglob(image["content_sha256"])
    with stored.open("r+b") as file:
        file.seek(stored.stat().st_size // 2)
        byte = file.read(1)
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes([byte[0] ^ 1]))
    blank = Disk.blank(tmp_path / "disk.raw", gigabytes=4)
    with Machine(tmp_path, Hardware(), disk=blank) as machine:
        run = failed(prepared, machine, approve(prepared, machine))
    saw(run["error"]["message"])
    assert run["error"]["code"] in {"hash_mismatch", "image_damaged"}


def test_a_clock_of_2019(prepared: Prepared, tmp_path: Path, saw: Saw) -> None:
    blank = Disk.blank(tmp_path / "disk.raw", gigabytes=4)
    old = Hardware(more=("-rtc", "base=2019-03-01T12:00:00"))
    with Machine(tmp_path, old, disk=blank) as machine:
        deployment_id = approve(prepared, machine)
        state_of(prepared, deployment_id, machine=machine, wanted="awaiting_first_boot")
        assert "This machine's clock was wrong by" in machine.said()
        assert machine.wait_until_off(60)
    check_all(Disk(blank, tmp_path / "looked-at"), prepared, deployment_id)


@pytest.mark.parametrize("what", ["server", "cable"])
def test_what_goes_away_for_a_while_in_the_middle_of_the_image(prepared: Prepared, tmp_path: Path, what: str) -> None:
    blank = Disk.blank(tmp_path / "disk.raw", gigabytes=4)
    with Machine(tmp_path, Hardware(), disk=blank) as machine:
        deployment_id = approve(prepared, machine)
        until(
            "the image is being applied",
            lambda: prepared.lab.deployment(deployment_id)["steps"][1]["state"] != "pending",
            every_s=0.05,
        )
        if what == "server":
            prepared.lab.server.kill()
            time.sleep(10)
            prepared.lab.server.start()
        else:
            subprocess.run(["ip", "link", "set", TAP, "down"], check=True)
            time.sleep(10)
            subprocess.run(["ip", "link", "set", TAP, "up"], check=True)
        state_of(prepared, deployment_id, machine=machine, wanted="awaiting_first_boot")
        assert machine.wait_until_off(60)
    check_all(Disk(blank, tmp_path / "looked-at"), prepared, deployment_id)
