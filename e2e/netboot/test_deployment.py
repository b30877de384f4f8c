"""A blank machine becomes a deployed one, over the network and with every part real; then it starts from its disk."""

import base64
import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest

from conftest import Saw
from netboot.checks import NAME, check_all
from netboot.deploying import Prepared, approve, prepare, state_of
from netboot.disk import Disk
from netboot.lab import SCRIPT, Environment, Lab
from netboot.machine import Hardware, Machine
from netboot.namespaces import Network
from support.waiting import until

CANARIES = {"credential": "canary-credential-7d1f", "unused": "canary-unused-93ab"}


@pytest.fixture
def prepared(environment: Environment, network: Network, tmp_path: Path) -> Iterator[Prepared]:
    with prepare(environment, network, tmp_path) as made:
        yield made


def plant_canaries(lab: Lab) -> None:
    for name, value in CANARIES.items():
        lab.console.call("POST", "/secrets", {"name": name, "kind": "password", "value": value})


def canaries(lab: Lab) -> dict[str, bytes]:
    """What must never leave the server, as each might be written."""
    keys = lab.server.data_dir / "keys"
    secret = {**{name: value.encode() for name, value in CANARIES.items()}, "kek": (keys / "kek").read_bytes().strip()}
    pem = (keys / "boot").read_bytes()
    secret["boot key"] = b"".join(pem.splitlines()[1:3])
    forms = {}
    for name, value in secret.items():
        forms[name] = value
        forms[f"{name}, UTF-16"] = value.decode("latin-1").encode("utf-16le")
        forms[f"{name}, base64"] = base64.b64encode(value)[:-4]
    return forms


def half_applied(prepared: Prepared, deployment_id: str) -> bool:
    run = prepared.lab.deployment(deployment_id)
    percent = (run["progress"] or {}).get("percent") or 0
    return percent >= 50 or run["steps"][1]["state"] not in {"pending", "running"}


def test_a_blank_machine_is_deployed_and_then_starts_from_its_disk(
    prepared: Prepared, tmp_path: Path, saw: Saw
) -> None:
    plant_canaries(prepared.lab)
    blank = Disk.blank(tmp_path / "disk.raw", gigabytes=4)
    with Machine(tmp_path, Hardware(), disk=blank) as machine:
        deployment_id = approve(prepared, machine)
        begun = machine.age_s()
        until("the image is half applied", lambda: half_applied(prepared, deployment_id), every_s=0.1)
        machine.screenshot("applying")
        done = state_of(prepared, deployment_id, machine=machine, wanted="awaiting_first_boot")
        assert machine.wait_until_off(60), "the machine starts anew when its work is done"
        saw(f"waits for approval at {begun:.1f} s, deployed and off at {machine.age_s():.1f} s after power-on")
    for step in done["steps"]:
        saw(f"{step['name']}: {step['state']}")
    assert [step["state"] for step in done["steps"]] == ["succeeded"] * 4
    assert done["computer_name"] == NAME

    disk = Disk(blank, tmp_path / "looked-at")
    check_all(disk, prepared, deployment_id)
    forms = canaries(prepared.lab)
    assert disk.contains(*forms.values()) == []
    # The search finds what is there.
    assert disk.contains(f"<ComputerName>{NAME}</ComputerName>".encode())

    assert prepared.lab.loaders_sent() > 0
    asked, sent = prepared.lab.answered(SCRIPT), prepared.lab.loaders_sent()
    with Machine(tmp_path, Hardware(network_first=None), disk=blank, name="from-disk") as machine:
        until("what the disk started asks the server", lambda: prepared.lab.answered(SCRIPT) >= asked + 2, within_s=60)
        saw(f"its disk started it within {machine.age_s():.1f} s")
        # By the entry that the deployment made in the firmware's own list, ahead of the network.
        assert re.search(r'BdsDxe: starting \w+ "Windows Boot Manager" from HD\(1,GPT', machine.said())
        assert prepared.lab.loaders_sent() == sent, "no loader came over the network"
        assert prepared.lab.deployment(deployment_id)["state"] == "awaiting_first_boot"

    # The same machine at its network boot again: never a second wipe.
    before = disk.identity()
    with Machine(tmp_path, Hardware(), disk=blank, name="again") as machine:
        asked = prepared.lab.answered(SCRIPT)
        until("it asked what to start", lambda: prepared.lab.answered(SCRIPT) >= asked + 2)
        until("it is sent to its disk", lambda: "starting from the local disk" in machine.said(), within_s=30)
        time.sleep(3)
        assert len(prepared.lab.sessions()) == 1
    assert disk.identity() == before


def test_nothing_that_is_served_before_an_approval_holds_a_secret(prepared: Prepared, tmp_path: Path) -> None:
    """S-10: whoever asks on the network gets loaders, scripts and environments, and no more."""
    plant_canaries(prepared.lab)
    site, data = prepared.lab.site["key"], prepared.lab.server.data_dir
    machine = "mac=52:54:00:12:34:56&uuid=4c4c4544-0042-4210-8052-b4c04f575931"
    scripts = [f"script?site={site}", f"script?{machine}", f"script?{machine}&loader=grub", "script?site=none"]
    scripts += [
        f"script?site={site}&{machine}&profile={prepared.profile['id']}",
        f"winpe-settings?site={site}&{machine}",
    ]
    loaders = [f"loaders/{name}" for name in ("ipxe.efi", "undionly.kpxe", "snponly.efi", "shimx64.efi", "grubx64.efi")]
    folder = next(path.parent for path in (data / "boot").glob("*/vmlinuz"))
    files = [f"environments/{folder.name}/{name}" for name in ("vmlinuz", "initrd.img")]
    served = {}
    for path in [*scripts, *loaders, *files]:
        with urlopen(f"{prepared.lab.url}/boot/v1/{path}", timeout=60) as answer:  # noqa: S310  our own server
            served[path] = answer.read()
    packed = served[files[1]]
    served["the RAM disk, unpacked"] = subprocess.run(
        ["zstd", "-dc"], input=packed, capture_output=True, check=True
    ).stdout
    for file in Path(re.findall(r"TFTP root is (\S+)", prepared.lab.pxe_said())[0]).rglob("*"):
        if file.is_file():
            served[f"TFTP {file.name}"] = file.read_bytes()
    forms = canaries(prepared.lab)
    found = {(path, name) for path, content in served.items() for name, form in forms.items() if form in content}
    assert found == set()
    assert sum("TFTP" in path for path in served) >= len(loaders)
    assert b"server.pem" in served["the RAM disk, unpacked"]
