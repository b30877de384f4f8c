"""From power-on to a session at the server, on every way that firmware has of booting from a network."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from conftest import Saw
from netboot.lab import ENVIRONMENT, SCRIPT, Lab
from netboot.machine import MAC, UUID, Hardware, Machine
from support.waiting import until

WIPE = [{"type": "wait", "name": "Wait", "configuration": {"seconds": 1}}]


@dataclass(frozen=True)
class Way:
    """A way into the boot environment."""

    hardware: Hardware
    proxy: bool = False
    secure_boot: bool = False


WAYS = {
    "UEFI, its own PXE": Way(Hardware()),
    "UEFI, proxyDHCP beside another server": Way(Hardware(), proxy=True),
    "UEFI HTTP boot": Way(Hardware(http_boot=True)),
    "UEFI with Secure Boot": Way(Hardware(firmware="secure"), secure_boot=True),
    "BIOS, proxyDHCP beside another server": Way(Hardware(firmware="bios"), proxy=True),
}


def session_of(lab: Lab, machine: Machine) -> dict[str, Any]:
    def found() -> dict[str, Any] | None:
        assert not machine.ran_out_of_time, "the machine was given up"
        return lab.session()

    return until("the machine has a session", found, every_s=0.3)


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_a_machine_comes_from_its_firmware_to_a_session(installation: Lab, tmp_path: Path, way: Way, saw: Saw) -> None:
    installation.make_site(unknown_machines="wait")
    installation.serve_network(proxy=way.proxy, secure_boot=way.secure_boot)
    with Machine(tmp_path, way.hardware) as machine:
        session = session_of(installation, machine)
        saw(f"a session {machine.age_s():.1f} s after power-on")
        facts = session["facts"]
        assert facts["mac_addresses"][0] == MAC
        assert facts["smbios_uuid"].lower() == UUID
        assert (facts["manufacturer"], facts["model"]) == ("DeployFlow Lab", "TestBox 9")
        assert facts["serial"] == way.hardware.serial
        assert facts["firmware"] == ("bios" if way.hardware.firmware == "bios" else "uefi")
        assert session["state"] == "waiting"
        assert session["site"]["code"] == "BER"
        if way.hardware.firmware == "secure":
            assert facts["secure_boot"] is True
        until("the code is on the machine", lambda: session["code"] in machine.said(), within_s=30)
        # What it draws comes a moment after the line.
        time.sleep(1)
        machine.screenshot("session")
    # The loader, too, has said which machine it is.
    (asked,) = installation.console.all("/discovered-machines")
    assert (asked["mac"], asked["smbios_uuid"].lower(), asked["serial"]) == (MAC, UUID, way.hardware.serial)
    if way.hardware.firmware != "secure":
        assert (asked["manufacturer"], asked["model"]) == ("DeployFlow Lab", "TestBox 9")


def test_a_profile_is_chosen_in_the_menu_by_key_press(installation: Lab, tmp_path: Path, saw: Saw) -> None:
    chosen = installation.profile("Office PC", WIPE)
    installation.make_site(unknown_machines="menu", profile_ids=[chosen["id"]])
    installation.serve_network()
    with Machine(tmp_path, Hardware(firmware="bios")) as machine:
        until("the menu was asked for", lambda: installation.answered(SCRIPT) >= 2)
        # The menu is on the screen a moment later; a key that comes too early does nothing.
        time.sleep(1.5)
        machine.screenshot("menu")
        machine.press("home", "ret")
        until("the choice was asked for", lambda: installation.answered(SCRIPT) >= 3, within_s=30)
        until("the environment was asked for", lambda: installation.answered(ENVIRONMENT) >= 1, within_s=30)
        session = session_of(installation, machine)
        saw(f"a session {machine.age_s():.1f} s after power-on")
        assert session["profile"]["name"] == "Office PC"
