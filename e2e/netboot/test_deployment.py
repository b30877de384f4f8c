"""A blank machine becomes a deployed one, over the network and with every part real; then it starts from its disk."""

import base64
import json
import re
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from conftest import Saw
from netboot import windows_image
from netboot.disk import Disk, Partition, hashes_of
from netboot.lab import SCRIPT, Environment, Lab, lab
from netboot.machine import Hardware, Machine
from netboot.namespaces import Network
from support.waiting import until

IMAGE_MB = 30
ENDED = frozenset({"succeeded", "failed", "aborted", "expired", "denied"})
INJECTED = (
    "/Windows/Panther/unattend.xml",
    "/Windows/DeployFlow/",
    "/Windows/Setup/Scripts/SetupComplete.cmd",
    "/Program Files/DeployFlow/",
    "/ProgramData/DeployFlow/",
)
# Rewritten by the deployment: the agent's service is registered in it.
CHANGED = frozenset({"/Windows/System32/config/SYSTEM"})
# Small disks for small images; what a profile asks of a disk by default is for real ones.
LAYOUT = {
    "preset": "custom",
    "disk": {"select": "first", "min_gb": 1},
    "partitions": [
        {"role": "esp", "size_mb": 100},
        {"role": "msr", "size_mb": 16},
        {"role": "windows", "size_mb": None, "label": "Windows"},
        {"role": "recovery", "size_mb": 300, "label": "Recovery"},
    ],
}
CANARIES = {"credential": "canary-credential-7d1f", "unused": "canary-unused-93ab"}


@dataclass(frozen=True)
class Prepared:
    """An installation with an image, and a profile that applies it."""

    lab: Lab
    wim: Path
    profile: dict[str, Any]


@pytest.fixture
def prepared(environment: Environment, network: Network, tmp_path: Path) -> Any:
    wim = windows_image.make(tmp_path, environment.folder / "loaders" / "ipxe.efi", megabytes=IMAGE_MB)
    with lab(network, environment, tmp_path / "lab", import_dir=str(tmp_path)) as made:
        made.make_site(unknown_machines="wait")
        image = image_of(made, wim)
        tasks = [
            {"type": "disk_prep", "name": "Partition the disk", "configuration": LAYOUT},
            {"type": "apply_image", "name": "Apply Windows"},
            {"type": "inject_configuration", "name": "Answer", "configuration": {"unattend": {"workgroup": "LAB"}}},
            {"type": "install_agent", "name": "Plant the agent"},
        ]
        profile = made.profile(
            "Office PC", tasks, os_image_id=image["id"], edition_index=1, computer_naming_pattern="{site}-{serial:8}"
        )
        made.serve_network()
        yield Prepared(made, wim, profile)


def image_of(lab: Lab, wim: Path) -> dict[str, Any]:
    begun = lab.console.call("POST", "/image-imports", {"name": "Windows 11", "path": wim.name})

    def ready() -> dict[str, Any] | None:
        found: dict[str, Any] = lab.console.call("GET", f"/image-imports/{begun['id']}")
        assert found["state"] not in {"failed", "cancelled"}, found
        return found if found["state"] == "ready" else None

    image: dict[str, Any] = lab.console.call("GET", f"/images/{until('the image is ready', ready)['image_id']}")
    return image


def approve(prepared: Prepared, machine: Machine) -> str:
    """By the code that the machine shows; gives the deployment's id."""

    def waiting() -> dict[str, Any] | None:
        assert not machine.ran_out_of_time, "the machine was given up"
        found = prepared.lab.session()
        return found if found and found["state"] == "waiting" and found["code"] in machine.said() else None

    session = until("the machine waits, with its code on its screen", waiting, every_s=0.2)
    approved = prepared.lab.console.call(
        "POST",
        f"/boot-sessions/{session['id']}/approve",
        {"code": session["code"], "profile_id": prepared.profile["id"]},
    )
    deployment_id: str = approved["deployment_id"]
    return deployment_id


def state_of(prepared: Prepared, deployment_id: str, *, machine: Machine, wanted: str) -> dict[str, Any]:
    """Wait for a state; another end fails with what the run said."""

    def there() -> dict[str, Any] | None:
        found = prepared.lab.deployment(deployment_id)
        if found["state"] == wanted:
            return found
        assert found["state"] not in ENDED, json.dumps(found, indent=1)
        assert not machine.ran_out_of_time, json.dumps(found, indent=1)
        return None

    return until(wanted, there, every_s=0.2)


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


def test_a_blank_machine_is_deployed_and_then_starts_from_its_disk(
    prepared: Prepared, tmp_path: Path, saw: Saw
) -> None:
    plant_canaries(prepared.lab)
    blank = Disk.blank(tmp_path / "disk.raw", gigabytes=4)
    with Machine(tmp_path, Hardware(), disk=blank) as machine:
        deployment_id = approve(prepared, machine)
        begun = machine.age_s()
        done = state_of(prepared, deployment_id, machine=machine, wanted="awaiting_first_boot")
        assert machine.wait_until_off(60), "the machine starts anew when its work is done"
        saw(f"waits for approval at {begun:.1f} s, deployed and off at {machine.age_s():.1f} s after power-on")
    for step in done["steps"]:
        saw(f"{step['name']}: {step['state']}")
    assert [step["state"] for step in done["steps"]] == ["succeeded"] * 4
    assert done["computer_name"] == "BER-PF3X7K2M"

    disk = Disk(blank, tmp_path / "looked-at")
    check_partitions(disk)
    check_windows(disk, prepared)
    check_agent(disk, prepared, deployment_id)
    check_boot_files(disk)
    forms = canaries(prepared.lab)
    assert disk.contains(*forms.values()) == []
    # The search finds what is there.
    assert disk.contains(b"<ComputerName>BER-PF3X7K2M</ComputerName>")

    asked, sent = prepared.lab.answered(SCRIPT), prepared.lab.pxe_said().count("sent ")
    with Machine(tmp_path, Hardware(network_first=False), disk=blank, name="from-disk") as machine:
        until("what the disk started asks the server", lambda: prepared.lab.answered(SCRIPT) >= asked + 2, within_s=60)
        saw(f"its disk started it within {machine.age_s():.1f} s")
        assert prepared.lab.pxe_said().count("sent ") == sent, "no loader came over the network"
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


def check_partitions(disk: Disk) -> None:
    assert disk.faults() == ""
    kinds = [(one.kind[:8], one.size // 2**20) for one in disk.partitions()]
    assert [kind for kind, _ in kinds] == ["C12A7328", "E3C9E316", "EBD0A0A2", "DE94BBA4"]
    assert kinds[0][1] == 100
    assert kinds[1][1] == 16
    assert kinds[3][1] == 300
    assert 3500 < kinds[2][1] < 3700


def check_windows(disk: Disk, prepared: Prepared) -> None:
    assert disk.ntfs_is_clean()
    source, found = hashes_of(prepared.wim), disk.hashes()
    differ = {path for path in source if found.get(path) != source[path]}
    assert differ == CHANGED
    more = sorted(path for path in found.keys() - source.keys() if not path.startswith(INJECTED))
    assert more == []
    unattend = disk.read("/Windows/Panther/unattend.xml").decode()
    assert "<ComputerName>BER-PF3X7K2M</ComputerName>" in unattend
    assert "<JoinWorkgroup>LAB</JoinWorkgroup>" in unattend


def check_agent(disk: Disk, prepared: Prepared, deployment_id: str) -> None:
    assert disk.read("/Program Files/DeployFlow/Agent/deployflow-agent.exe")[:2] == b"MZ"
    token = disk.read("/ProgramData/DeployFlow/Agent/token").decode().strip()
    assert token.startswith("dfe_")
    first = json.loads(disk.read("/ProgramData/DeployFlow/Agent/first-boot.json"))
    assert prepared.lab.url in json.dumps(first)
    assert deployment_id in json.dumps(first)
    hive = disk._scratch / "SYSTEM"
    hive.write_bytes(disk.read("/Windows/System32/config/SYSTEM"))
    said = subprocess.run(
        ["hivexget", str(hive), "\\ControlSet001\\Services\\DeployFlowAgent", "ImagePath"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "deployflow-agent.exe" in said


def check_boot_files(disk: Disk) -> None:
    files = disk.esp()
    manager = disk.read("/Windows/Boot/EFI/bootmgfw.efi")
    assert files["EFI/Boot/bootx64.efi"] == manager
    assert files["EFI/Microsoft/Boot/bootmgfw.efi"] == manager
    store = files["EFI/Microsoft/Boot/BCD"]
    assert store[:4] == b"regf"
    windows = next(one for one in disk.partitions() if one.name == "Windows" or is_windows(one))
    for identity in (disk.identity(), windows.identity, disk.partitions()[0].identity):
        assert bytes_of(identity) in store, f"{identity} is not in the boot store"


def is_windows(partition: Partition) -> bool:
    return partition.kind.startswith("EBD0A0A2")


def bytes_of(guid: str) -> bytes:
    """As Windows writes one."""
    parts = guid.split("-")
    return b"".join(bytes.fromhex(part)[::-1] for part in parts[:3]) + bytes.fromhex("".join(parts[3:]))


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
