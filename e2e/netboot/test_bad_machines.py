"""Machines and days that are not as they should be: each ends with a sentence, on its screen and in the console."""

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from conftest import Saw
from netboot.checks import check_all
from netboot.deploying import Prepared, approve, arm, prepare, state_of, waiting
from netboot.disk import Disk
from netboot.lab import Environment
from netboot.machine import Hardware, Machine
from netboot.namespaces import TAP, Network
from support.console import NotAccepted
from support.disks import small_disk
from support.waiting import until

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(not os.environ.get("DEPLOYFLOW_TEST_LONG"), reason="takes 8 min; DEPLOYFLOW_TEST_LONG=1"),
]
DRIVERS = {"type": "inject_drivers", "name": "Drivers", "configuration": {"select": "match", "required": True}}
BEGINNING = 1024 * 1024


@pytest.fixture
def prepared(environment: Environment, network: Network, tmp_path: Path) -> Iterator[Prepared]:
    with prepare(environment, network, tmp_path) as made:
        yield made


@pytest.fixture
def blank(tmp_path: Path) -> Path:
    return Disk.blank(tmp_path / "disk.raw", gigabytes=4)


def shows(machine: Machine, sentence: str) -> None:
    """Its console has these words."""
    wanted = " ".join(sentence.split())
    until(f"the machine says: {wanted}", lambda: wanted in " ".join(machine.said().split()), within_s=30)
    # What it draws comes a moment after the line.
    time.sleep(1)
    machine.screenshot("sentence")


def failed(prepared: Prepared, machine: Machine, deployment_id: str) -> dict[str, Any]:
    """The run once it has failed, with its sentence on the machine's console as well."""

    def there() -> dict[str, Any] | None:
        assert not machine.ran_out_of_time
        found = prepared.lab.deployment(deployment_id)
        assert found["state"] != "awaiting_first_boot", "it succeeded"
        return found if found["state"] == "failed" else None

    run = until("it has failed", there, every_s=0.3)
    step = next(one for one in run["steps"] if one["state"] == "failed")
    shows(machine, step["error"]["message"])
    return run


def running(prepared: Prepared, machine: Machine) -> str:
    """Let it in, and wait until it applies the image."""
    deployment_id = approve(prepared, machine)
    until(
        "the image is being applied",
        lambda: prepared.lab.deployment(deployment_id)["steps"][1]["state"] != "pending",
        every_s=0.05,
    )
    return deployment_id


def goes_on(prepared: Prepared, machine: Machine, deployment_id: str, disk: Path, scratch: Path) -> None:
    state_of(prepared, deployment_id, machine=machine, wanted="awaiting_first_boot")
    assert machine.wait_until_off(60)
    check_all(Disk(disk, scratch / "looked-at"), prepared, deployment_id)


def test_a_machine_without_a_disk(prepared: Prepared, tmp_path: Path, saw: Saw) -> None:
    with Machine(tmp_path, Hardware()) as machine:
        run = failed(prepared, machine, approve(prepared, machine))
    saw(run["error"]["message"])
    assert run["error"]["code"] == "no_disk"


def test_a_disk_that_is_too_small(
    environment: Environment, network: Network, tmp_path: Path, blank: Path, saw: Saw
) -> None:
    with (
        prepare(environment, network, tmp_path, disk={"select": "first", "min_gb": 20}) as prepared,
        Machine(tmp_path, Hardware(), disk=blank) as machine,
    ):
        session = waiting(prepared, machine)
        approval = {"code": session["code"], "profile_id": prepared.profile["id"]}
        with pytest.raises(NotAccepted) as refused:
            prepared.lab.console.call("POST", f"/boot-sessions/{session['id']}/approve", approval)
        said = prepared.lab.sessions()[0]["reason"]
        saw(said)
        assert refused.value.status == 409
        assert said in str(refused.value)
        assert "has no disk of 20 GB or more; it has /dev/vda (4.0 GB)" in said
        shows(machine, said)
    with blank.open("rb") as disk:
        assert disk.read(BEGINNING) == bytes(BEGINNING), "nothing was written to it"


def test_a_model_that_no_driver_pack_matches(
    environment: Environment, network: Network, tmp_path: Path, blank: Path, saw: Saw
) -> None:
    with prepare(environment, network, tmp_path, more=[DRIVERS]) as prepared:
        deployment_id = arm(prepared)
        with Machine(tmp_path, Hardware(), disk=blank) as machine:
            session = waiting(prepared, machine)
            saw(session["reason"])
            assert "No driver pack matches DeployFlow Lab TestBox 9" in session["reason"]
            shows(machine, session["reason"])
            assert prepared.lab.deployment(deployment_id)["state"] == "armed"
    with blank.open("rb") as disk:
        assert disk.read(BEGINNING) == bytes(BEGINNING), "nothing was written to it"


def test_an_image_that_is_not_what_the_plan_says(prepared: Prepared, tmp_path: Path, blank: Path, saw: Saw) -> None:
    image = prepared.lab.console.call("GET", "/images")["items"][0]
    (stored,) = prepared.lab.server.data_dir.rglob(image["content_sha256"])
    with stored.open("r+b") as file:
        file.seek(stored.stat().st_size // 2)
        byte = file.read(1)
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes([byte[0] ^ 1]))
    with Machine(tmp_path, Hardware(), disk=blank) as machine:
        run = failed(prepared, machine, approve(prepared, machine))
    saw(run["error"]["message"])
    assert run["error"]["code"] in {"hash_mismatch", "image_damaged"}


def test_a_clock_of_2019(prepared: Prepared, tmp_path: Path, blank: Path) -> None:
    old = Hardware(more=("-rtc", "base=2019-03-01T12:00:00"))
    with Machine(tmp_path, old, disk=blank) as machine:
        deployment_id = approve(prepared, machine)
        shows(machine, "This machine's clock was wrong by")
        # For the new Windows, too.
        assert machine.qmp("qom-get", path="/machine", property="rtc-time")["tm_year"] + 1900 >= 2026
        goes_on(prepared, machine, deployment_id, blank, tmp_path)


def test_a_server_that_goes_away_in_the_middle_of_the_image(prepared: Prepared, tmp_path: Path, blank: Path) -> None:
    with Machine(tmp_path, Hardware(), disk=blank) as machine:
        deployment_id = running(prepared, machine)
        prepared.lab.server.kill()
        shows(machine, "The server cannot be used:")
        shows(machine, "Trying again until it answers.")
        prepared.lab.server.start()
        goes_on(prepared, machine, deployment_id, blank, tmp_path)
        assert "The server answers again." in machine.said()


def test_a_cable_that_is_pulled_in_the_middle_of_the_image(prepared: Prepared, tmp_path: Path, blank: Path) -> None:
    with Machine(tmp_path, Hardware(), disk=blank) as machine:
        deployment_id = running(prepared, machine)
        subprocess.run(["ip", "link", "set", TAP, "down"], check=True)
        shows(machine, "The server cannot be used:")
        until("the console says so", lambda: prepared.lab.deployment(deployment_id)["silent"], within_s=90)
        subprocess.run(["ip", "link", "set", TAP, "up"], check=True)
        goes_on(prepared, machine, deployment_id, blank, tmp_path)


def test_a_server_whose_disk_is_full(
    environment: Environment, network: Network, tmp_path: Path, blank: Path, saw: Saw
) -> None:
    with (
        small_disk(tmp_path / "small", megabytes=512) as full,
        prepare(environment, network, full.path) as prepared,
        Machine(tmp_path, Hardware(), disk=blank) as machine,
    ):
        deployment_id = running(prepared, machine)
        full.fill()
        shows(machine, "The server cannot be used:")
        said = [line for line in machine.said().splitlines() if "The server cannot be used:" in line][-1]
        saw(said)
        assert "disk" in said
        ready = httpx2.get(f"{prepared.lab.url}/readyz")
        assert ready.status_code == 503
        assert [one["name"] for one in ready.json()["checks"] if one["status"] == "failed"] == ["disk"]
        full.make_room()
        goes_on(prepared, machine, deployment_id, blank, tmp_path)
