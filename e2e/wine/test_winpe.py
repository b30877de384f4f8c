"""The engine in WinPE, by the real agent at the real server, with stand-ins for the programs of Windows; and then what
was deployed starts for the first time.
"""

import json
import re
import shutil
import struct
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from netboot import windows_image
from support.console import Console
from support.waiting import until
from wine.standins import RECORDINGS, Recording
from wine.windows import Windows
from wine.winpe import Lab, winpe

SERVICE = "DeployFlowAgent"
RECORDED = [Recording.read(file) for file in sorted(RECORDINGS.glob("*.txt"))]
PLACES = {"disk_prep": 0, "apply_image": 1, "inject_drivers": 2}
DISKPART = """\
  select disk 0
  clean
  convert gpt
  uniqueid disk id=ID
  create partition efi size=100
  format quick fs=fat32 label="SYSTEM"
  assign letter=S
  create partition msr size=16
  create partition primary size=2000
  format quick fs=ntfs label="Windows"
  assign letter=W
  create partition primary size=300
  format quick fs=ntfs label="Recovery"
  assign letter=R
  set id="de94bba4-06d1-4d40-a16a-bfd50179d6ac"
  gpt attributes=0x8000000000000001
"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with winpe(tmp_path_factory.mktemp("winpe")) as made:
        yield made


class TestFailures:
    @pytest.mark.parametrize("recording", RECORDED, ids=lambda one: one.name)
    def test_a_failure_of_windows_own_programs_is_an_error_of_its_own(
        self, failing: "Failing", recording: Recording
    ) -> None:
        run = failing.fail(recording)
        assert run["error"]["code"] == recording.code, run["error"]
        message = run["error"]["message"]
        assert recording.says in message, message
        assert 20 < len(message) < 500
        if recording.step in PLACES:
            assert run["steps"][PLACES[recording.step]]["error"]["code"] == recording.code

    def test_a_program_that_this_winpe_does_not_have_is_named(self, lab: Lab, failing: "Failing") -> None:
        lab.standins.take_away("bcdboot")
        try:
            run = failing.fail(None)
        finally:
            lab.standins.put("bcdboot")
        assert run["error"]["code"] == "unsupported_task"
        assert "bcdboot.exe is not in this boot environment" in run["error"]["message"]


class Failing:
    """A machine whose deployment fails again and again, and is taken up again by the console each time."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.uuid = uuid4()
        body = {"machine": {"smbios_uuid": str(self.uuid)}, "profile_id": lab.profile["id"], "hours": 1}
        self.deployment_id = lab.console.call("POST", "/deployments", body)["id"]

    def fail(self, recording: Recording | None) -> dict[str, Any]:
        self.lab.standins.fail_as(recording)
        run = self.lab.deployment(self.deployment_id)
        if run["state"] == "failed":
            self.lab.console.call(
                "POST", f"/deployments/{self.deployment_id}/retry", {"position": 0}, version=run["version"]
            )
        return self.lab.state(self.deployment_id, "failed", "awaiting_first_boot")


@pytest.fixture(scope="class")
def failing(lab: Lab) -> Iterator[Failing]:
    made = Failing(lab)
    with lab.agent(made.uuid):
        yield made
    lab.standins.fail_as(None)


@pytest.fixture(scope="module")
def deployed(lab: Lab) -> "Deployed":
    """A disk deployed in WinPE, what was called for it, and what the console saw of its progress."""
    lab.standins.fail_as(None)
    lab.standins.calls()
    deployment_id = lab.arm()
    seen: list[tuple[int | None, float | None, int | None]] = []
    done = threading.Event()

    def watch() -> None:
        with Console(lab.server.url) as other:
            other.http.cookies = lab.console.http.cookies
            while not done.wait(0.1):
                run = other.call("GET", f"/deployments/{deployment_id}")
                if (progress := run["progress"]) is not None:
                    seen.append((run["step"]["position"], progress["percent"], progress["bytes_done"]))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        with lab.agent() as process:
            assert process.wait(180) == 0, lab.said()
    finally:
        done.set()
        watcher.join()
    return Deployed(deployment_id, lab.standins.calls(), seen)


@dataclass(frozen=True)
class Deployed:
    deployment_id: str
    calls: list[str]
    progress: list[tuple[int | None, float | None, int | None]]


def test_a_whole_deployment_calls_each_program_as_microsoft_says(lab: Lab, deployed: Deployed) -> None:
    run = lab.deployment(deployed.deployment_id)
    assert run["state"] == "awaiting_first_boot"
    assert [step["state"] for step in run["steps"]] == ["succeeded"] * 7 + ["pending"] * 3
    text = "\n".join(deployed.calls) + "\n"
    (disk_id,) = re.findall(r"uniqueid disk id=(\S+)", text)
    script = text.split("diskpart /s ")[1].split("\n", 1)[1]
    assert script.startswith(DISKPART.replace("ID", disk_id))
    assert (
        r"dism /English /Apply-Image /ImageFile:W:\$deployflow\image.wim /Index:1 /ApplyDir:W:" "\\" in deployed.calls
    )
    assert any(
        re.fullmatch(
            r"dism /English /Image:W:\\ /Add-Driver /Driver:W:\\Windows\\DeployFlow\\Drivers\\\S+ /Recurse", line
        )
        for line in deployed.calls
    )
    assert r"bcdboot W:\Windows /s S: /f UEFI /l en-US" in deployed.calls
    assert deployed.calls[-1].startswith("bcdboot"), "the disk becomes startable at the very end"
    table = lab.standins.table()
    assert UUID(bytes_le=table[512 + 56 : 512 + 72]) == UUID(disk_id)
    assert struct.unpack_from("<Q", table, 1024 + 3 * 128 + 48)[0] == 0x8000000000000001


def test_the_progress_that_dism_prints_is_seen_in_the_console(deployed: Deployed) -> None:
    shares = {percent for position, percent, done in deployed.progress if position == 1 and percent and done is None}
    assert any(0 < share < 100 for share in shares), deployed.progress


def test_the_volumes_hold_the_image_and_what_was_injected(lab: Lab, deployed: Deployed) -> None:
    windows_volume, system = lab.standins.volumes / "w", lab.standins.volumes / "s"
    changed = set(windows_image.HIVES)
    for file in lab.tree.rglob("*"):
        path = file.relative_to(lab.tree)
        if file.is_file() and path.as_posix() not in changed:
            assert (windows_volume / path).read_bytes() == file.read_bytes(), path
    assert (system / "EFI" / "Boot" / "bootx64.efi").read_bytes() == b"MZ the boot manager"
    assert not (windows_volume / "$deployflow").exists()
    assert not (windows_volume / "Windows" / "DeployFlow" / "Downloads").exists()
    assert "<ComputerName>BER-" in (windows_volume / "Windows" / "Panther" / "unattend.xml").read_text()
    assert (windows_volume / "ProgramData" / "DeployFlow" / "Agent" / "enrollment.token").stat().st_size > 20
    log = lab.console.call("GET", f"/deployments/{deployed.deployment_id}/log", limit=500)
    said = "".join(piece["text"] for piece in log["pieces"])
    assert "winpe at BER" in said
    assert "1 drivers added" in said


def test_the_deployed_agent_becomes_the_same_device_and_finishes_over_a_restart(lab: Lab, deployed: Deployed) -> None:
    machine, volume = lab.machine, lab.standins.volumes / "w"
    device_id = lab.deployment(deployed.deployment_id)["device"]["id"]
    _move_in(machine, volume)
    # The machine starts anew, and the service with it, because the deployed registry says so.
    machine.end()
    with machine.start("cmd"):
        lab.state(deployed.deployment_id, "finishing", within_s=120)
        until("the restart was asked for", lambda: _step(lab, deployed, 8) == "succeeded", within_s=120)
        assert (machine.drive / "in-os.txt").read_text().split() == ["BER", "before"]
        device = lab.console.device(device_id)
        assert (device["state"], device["status"]) == ("active", "online")
        machine.end()
    with machine.start("cmd"):
        run = lab.state(deployed.deployment_id, "succeeded", "failed", within_s=120)
        assert run["state"] == "succeeded", run
        assert (machine.drive / "in-os.txt").read_text().split() == ["BER", "before", "BER", "after"]
        machine.end()
    assert [step["state"] for step in run["steps"]] == ["succeeded"] * 10
    data = machine.drive / "ProgramData" / "DeployFlow" / "Agent"
    assert json.loads((data / "agent.json").read_text())["device_id"] == device_id
    assert not (data / "enrollment.token").exists()
    assert not (data / "first-boot.json").exists()
    # What was left for the first start ran once, and the answer file with its password is gone.
    assert (machine.drive / "first-boot.txt").read_text().strip() == "first"
    assert not (machine.drive / "windows" / "Panther" / "unattend.xml").exists()
    assert len(list(lab.console.devices())) == len({str(one["id"]) for one in lab.console.devices()})


def _step(lab: Lab, deployed: Deployed, position: int) -> str:
    state: str = lab.deployment(deployed.deployment_id)["steps"][position]["state"]
    return state


def _move_in(machine: Windows, volume: Path) -> None:
    """The deployed volume becomes C:, as far as our part of it goes: its files, and its service by its registry."""
    places = {
        "Program Files/DeployFlow": "Program Files/DeployFlow",
        "ProgramData/DeployFlow": "ProgramData/DeployFlow",
    }
    places |= {f"Windows/{name}": f"windows/{name}" for name in ("DeployFlow", "Panther", "Setup")}
    for source, target in places.items():
        shutil.copytree(volume / source, machine.drive / target, dirs_exist_ok=True)
    hive = volume / "Windows" / "System32" / "config" / "SYSTEM"
    found = subprocess.run(
        ["hivexget", str(hive), f"\\ControlSet001\\Services\\{SERVICE}"], capture_output=True, text=True, check=True
    ).stdout
    values = dict(re.findall(r'^"(\w+)"=(.*)$', found, re.MULTILINE))
    key = f"HKLM\\SYSTEM\\CurrentControlSet\\Services\\{SERVICE}"
    for name in ("Type", "Start", "ErrorControl"):
        number = str(int(values[name].removeprefix("dword:"), 16))
        assert machine.run("reg", "add", key, "/v", name, "/t", "REG_DWORD", "/d", number, "/f")[0] == 0
    for name in ("ImagePath", "DisplayName", "ObjectName"):
        text = _text(values[name])
        kind = "REG_EXPAND_SZ" if name == "ImagePath" else "REG_SZ"
        assert machine.run("reg", "add", key, "/v", name, "/t", kind, "/d", text, "/f")[0] == 0


def _text(value: str) -> str:
    """A value as hivexget prints it: in quotation marks, or as the bytes of UTF-16."""
    if (given := re.fullmatch(r"(?:str\(\d+\):)?\"(.*)\"", value)) is not None:
        return given[1].replace('\\"', '"').replace("\\\\", "\\")
    given = re.fullmatch(r"hex\(\w+\):(.*)", value)
    assert given is not None, value
    return bytes(int(byte, 16) for byte in given[1].split(",")).decode("utf-16le").rstrip("\0")


def test_data_is_kept_on_a_disk_that_was_laid_out_here_and_no_other_disk_is_touched(lab: Lab) -> None:
    """By the ids that the server gives a device each time: diskpart gives partitions no names."""
    lab.standins.fail_as(None)
    lab.standins.blank_disk()
    keeping = {"type": "disk_prep", "name": "Keep the data", "configuration": {"preset": "keep_data", "windows_gb": 20}}
    profile = lab.profile_of([keeping, {"type": "apply_image", "name": "Apply Windows"}])
    machine = uuid4()
    _deploy(lab, profile, machine)
    thesis = lab.standins.volumes / "t" / "thesis.txt"
    thesis.write_text("three years of work")
    old = lab.standins.volumes / "w" / "old.txt"
    old.write_text("of the Windows before")
    lab.standins.calls()
    _deploy(lab, profile, machine)
    assert thesis.read_text() == "three years of work"
    assert not old.exists()
    assert "  clean" not in lab.standins.calls()
    # Another machine's disk is one of which nothing is known.
    before = lab.standins.table()
    run = _deploy(lab, profile, uuid4(), ends="failed")
    assert run["error"]["code"] == "disk_not_empty"
    assert lab.standins.calls() == []
    assert lab.standins.table() == before
    assert thesis.exists()


def _deploy(lab: Lab, profile: dict[str, Any], machine: UUID, *, ends: str = "succeeded") -> dict[str, Any]:
    body = {"machine": {"smbios_uuid": str(machine)}, "profile_id": profile["id"], "hours": 1}
    deployment_id = lab.console.call("POST", "/deployments", body)["id"]
    with lab.agent(machine):
        return lab.state(deployment_id, ends)
