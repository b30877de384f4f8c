"""What would stop a profile, said before anything is wiped."""

from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from deployflow.devices.models import DeviceInventory
from deployflow.enrollment import install
from deployflow.images.models import ImageEdition
from deployflow.platform.context import system_context
from tests.factories import fleet, library
from tests.profiles.conftest import Profiles
from tests.support.clients import Clients

GB = 1024**3
DISK = {"type": "disk_prep", "name": "Disk"}
IMAGE = {"type": "apply_image", "name": "Windows"}
UNATTEND = {"type": "inject_configuration", "name": "Answers", "configuration": {"unattend": {}}}
AGENT = {"type": "install_agent", "name": "Agent"}
DRIVERS = {"type": "inject_drivers", "name": "Drivers"}
RESTART = {"type": "reboot", "name": "Restart", "configuration": {"to": "os"}}
IN_OS = {"type": "script", "name": "Say", "configuration": {"language": "cmd", "body": "echo"}}
TOO_SMALL = "Windows 11 Pro takes 15.0 GB, and its partition on /dev/sda gets 11.7 GB: use a larger disk or partition"
MACHINE = {
    "manufacturer": "LENOVO",
    "model": "20XW",
    "serial": "PF2ABCDE",
    "firmware": "uefi",
    "disks": [{"name": "/dev/nvme0n1", "size_bytes": 256 * GB}],
}


@pytest.fixture
async def image(clients: Clients) -> dict[str, Any]:
    made = await library.make_image(clients.db, clients.tenant_id)
    return {"os_image_id": str(made.id), "edition_index": 2}


@pytest.fixture(autouse=True)
def _agent_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "deployflow-agent-win-x64.zip").write_bytes(b"agent")
    monkeypatch.setattr(install, "_folders", lambda _settings: [tmp_path])


def said(preflight: dict[str, Any], level: str) -> dict[str, str]:
    return {one["code"]: one["message"] for one in preflight["findings"] if one["level"] == level}


class TestReady:
    async def test_a_good_profile_on_a_good_machine_is_ready_and_says_what_was_looked_at(
        self, clients: Clients, profiles: Profiles, image: dict[str, Any]
    ) -> None:
        await library.make_driver_pack(
            clients.db, clients.tenant_id, rules=({"manufacturer": "lenovo", "model": "20*"},)
        )
        made = await profiles.make(tasks=[DISK, IMAGE, DRIVERS, UNATTEND, AGENT], **image)
        found = await profiles.preflight(made["id"], machine=MACHINE)
        assert (found["ready"], found["computer_name"], found["profile_version"]) == (True, "PC-PF2ABCDE", 1)
        assert [(one["level"], one["message"]) for one in found["findings"]] == [
            ("ok", "The order of the tasks is right"),
            ("ok", "The machine will be called PC-PF2ABCDE"),
            ("ok", "/dev/nvme0n1 with 256 GB will be laid out"),
            ("ok", "Windows 11 is ready, with Windows 11 Pro"),
            ("ok", "Driver packs for LENOVO 20XW: ThinkPad X1"),
            ("ok", found["findings"][5]["message"]),
        ]
        assert found["findings"][5]["message"].startswith("The agent's build is here")

    async def test_a_device_is_looked_at_as_its_inventory_says(
        self, clients: Clients, profiles: Profiles, image: dict[str, Any]
    ) -> None:
        device = await fleet.make_device(clients.db, clients.tenant_id, hostname="OLD-1", serial="PF2ABCDE", model="X")
        inventory = {
            "hardware": {"firmware": "uefi"},
            "disks": [{"name": "PhysicalDrive0", "size_bytes": 10 * GB}],
            "networks": [{"name": "Ethernet", "mac": "52:54:00:12:34:56"}],
        }
        async with clients.db.write(system_context()) as session:
            session.add(
                DeviceInventory(tenant_id=clients.tenant_id, device_id=device.id, hash="x", inventory=inventory)
            )
        made = await profiles.make(tasks=[DISK, IMAGE, UNATTEND], computer_naming_pattern="{mac:6}X", **image)
        found = await profiles.preflight(made["id"], device_id=str(device.id))
        assert (found["machine"], found["computer_name"]) == ("OLD-1", "123456X")
        assert said(found, "error") == {"no_disk": "OLD-1 has no disk of 20 GB or more; it has PhysicalDrive0 (10 GB)"}

    async def test_without_a_machine_the_profile_alone_is_looked_at(
        self, profiles: Profiles, image: dict[str, Any]
    ) -> None:
        made = await profiles.make(tasks=[DISK, IMAGE, UNATTEND], computer_naming_pattern="KIOSK", **image)
        found = await profiles.preflight(made["id"])
        assert (found["ready"], found["machine"], found["computer_name"]) == (True, None, None)
        assert set(said(found, "warning")) == {"name_same_for_all"}


class TestStops:
    @pytest.mark.parametrize(
        ("tasks", "code", "message"),
        [
            ([], "no_tasks", "The profile has no tasks: add one"),
            ([IMAGE], "image_before_disk", "'Windows' needs a disk with a Windows partition: prepare it before"),
            ([DISK, AGENT], "no_image", "'Agent' needs an applied image: apply one before it"),
            ([DISK, IMAGE, DISK], "disk_after_image", "'Disk' would wipe the image that was applied: move it up"),
            (
                [DISK, IMAGE, RESTART, UNATTEND],
                "boot_after_os",
                "'Answers' runs in the boot environment, which a task before it has left: move it up",
            ),
            (
                [DISK, IN_OS],
                "no_installed_system",
                "Tasks run in the installed system, and no task applies an image: add one, or remove those tasks",
            ),
            ([DISK, IMAGE, AGENT, AGENT], "agent_twice", "'Agent' installs the agent again: remove it"),
        ],
    )
    async def test_a_wrong_order_is_said_of_its_task(
        self, profiles: Profiles, image: dict[str, Any], tasks: list[dict[str, Any]], code: str, message: str
    ) -> None:
        made = await profiles.make(tasks=tasks, **image)
        found = await profiles.preflight(made["id"], machine=MACHINE)
        assert not found["ready"]
        assert said(found, "error") == {code: message}
        # The profile's page says it too, without being asked.
        assert code in {one["code"] for one in made["findings"]}

    async def test_tasks_in_the_system_need_the_agent(self, profiles: Profiles, image: dict[str, Any]) -> None:
        made = await profiles.make(tasks=[DISK, IMAGE, UNATTEND, IN_OS], agent_auto_install=False, **image)
        assert "no_agent" in said(await profiles.preflight(made["id"]), "error")
        switched = await profiles.change(made["id"], agent_auto_install=True)
        assert switched["findings"] == []

    async def test_no_agent_and_no_answers_are_warned_of(self, profiles: Profiles, image: dict[str, Any]) -> None:
        made = await profiles.make(tasks=[DISK, IMAGE], agent_auto_install=False, **image)
        assert set(said(await profiles.preflight(made["id"]), "warning")) == {"no_agent", "no_unattend"}

    async def test_an_unset_variable_is_warned_of_unless_a_script_may_set_it(self, profiles: Profiles) -> None:
        asks = {**DISK, "condition": {"variable": "colour", "op": "eq", "value": "red"}}
        made = await profiles.make(tasks=[asks])
        assert said(await profiles.preflight(made["id"]), "warning") == {
            "variable_unknown": "'Disk' asks for 'colour', which nothing before it sets"
        }
        sets = {"type": "set_variable", "configuration": {"name": "colour", "value": "{model}"}}
        for first in (sets, {**IN_OS, "configuration": {"where": "boot", "language": "sh", "body": "x"}}):
            changed = await profiles.change(made["id"], tasks=[first, asks])
            assert changed["findings"] == [], first

    async def test_an_image_that_is_missing_or_not_ready_stops_it(self, clients: Clients, profiles: Profiles) -> None:
        made = await profiles.make(tasks=[DISK, IMAGE, UNATTEND])
        assert "No OS image is chosen" in said(await profiles.preflight(made["id"]), "error")["image_missing"]
        importing = await library.make_image(
            clients.db, clients.tenant_id, state="importing", content_sha256=None, image_version="next"
        )
        await profiles.change(made["id"], os_image_id=str(importing.id), edition_index=1)
        message = said(await profiles.preflight(made["id"]), "error")["image_missing"]
        assert message == "The OS image Windows 11 is not ready (importing): wait for its import, or mend it"

    async def test_an_edition_that_is_gone_stops_it(
        self, clients: Clients, profiles: Profiles, image: dict[str, Any]
    ) -> None:
        made = await profiles.make(tasks=[DISK, IMAGE, UNATTEND], **image)
        async with clients.db.write(system_context()) as session:
            edition = await session.get_one(ImageEdition, (UUID(image["os_image_id"]), 2))
            await session.delete(edition)
        message = said(await profiles.preflight(made["id"]), "error")["image_missing"]
        assert message == "Windows 11 has no edition 2: choose one of 1 Windows 11 Home"

    @pytest.mark.parametrize(
        ("disk_task", "machine", "code", "message"),
        [
            (
                {"preset": "uefi_standard"},
                {"disks": [{"name": "/dev/sda", "size_bytes": 8 * GB}]},
                "no_disk",
                "LENOVO 20XW has no disk of 20 GB or more; it has /dev/sda (8.0 GB)",
            ),
            (
                {"preset": "uefi_standard", "disk": {"min_gb": 1}},
                {"disks": [{"name": "/dev/sda", "size_bytes": 12 * GB}]},
                "disk_too_small",
                TOO_SMALL,
            ),
            (
                {"preset": "keep_data", "windows_gb": 400},
                {},
                "disk_too_small",
                "/dev/nvme0n1 has 256 GB, and the layout needs 400 GB: use smaller partitions",
            ),
            (
                {"preset": "uefi_standard", "disk": {"select": "by_name", "name": "/dev/sdb"}},
                {},
                "no_disk",
                "LENOVO 20XW has no disk /dev/sdb; it has /dev/nvme0n1 (256 GB)",
            ),
            (
                {"preset": "uefi_standard"},
                {"disks": [{"name": "/dev/sda", "size_bytes": 256 * GB, "removable": True}]},
                "no_disk",
                "LENOVO 20XW has no disk of 20 GB or more; it has /dev/sda (256 GB)",
            ),
            (
                {"preset": "uefi_standard"},
                {"firmware": "bios"},
                "firmware_bios",
                "LENOVO 20XW starts by BIOS, and Windows on a GPT disk needs UEFI: switch its firmware to UEFI",
            ),
        ],
    )
    async def test_a_machine_that_it_does_not_fit_stops_it(
        self,
        profiles: Profiles,
        image: dict[str, Any],
        disk_task: dict[str, Any],
        machine: dict[str, Any],
        code: str,
        message: str,
    ) -> None:
        made = await profiles.make(tasks=[{**DISK, "configuration": disk_task}, IMAGE, UNATTEND], **image)
        found = await profiles.preflight(made["id"], machine={**MACHINE, **machine})
        assert said(found, "error") == {code: message}
        assert next(one["task"] for one in found["findings"] if one["code"] == code) in {0, 1}

    async def test_a_machine_without_drivers_is_shown_as_such(self, profiles: Profiles, image: dict[str, Any]) -> None:
        required = {**DRIVERS, "configuration": {"required": True}}
        made = await profiles.make(tasks=[DISK, IMAGE, DRIVERS, UNATTEND], **image)
        sentence = {"no_matching_driver": "No driver pack matches LENOVO 20XW: import one, or let one match it"}
        assert said(await profiles.preflight(made["id"], machine=MACHINE), "warning") == sentence
        await profiles.change(made["id"], tasks=[DISK, IMAGE, required, UNATTEND])
        assert said(await profiles.preflight(made["id"], machine=MACHINE), "error") == sentence

    async def test_a_pack_of_another_model_or_tenant_does_not_match(
        self, clients: Clients, profiles: Profiles, image: dict[str, Any]
    ) -> None:
        for tenant_id, rule in (
            (clients.tenant_id, {"manufacturer": "LENOVO", "model": "21*"}),
            (clients.tenant_id, {"sku": "20XW"}),
            (clients.other_tenant_id, {"manufacturer": "LENOVO"}),
        ):
            await library.make_driver_pack(clients.db, tenant_id, name=str(rule), rules=(rule,))
        made = await profiles.make(tasks=[DISK, IMAGE, DRIVERS, UNATTEND], **image)
        assert "no_matching_driver" in said(await profiles.preflight(made["id"], machine=MACHINE), "warning")

    async def test_a_name_that_cannot_be_stops_it(
        self, clients: Clients, profiles: Profiles, image: dict[str, Any]
    ) -> None:
        await fleet.make_device(clients.db, clients.tenant_id, hostname="pc-pf2abcde")
        made = await profiles.make(tasks=[DISK, IMAGE, UNATTEND], **image)
        assert (
            "PC-PF2ABCDE belongs to another device"
            in (said(await profiles.preflight(made["id"], machine=MACHINE), "error")["computer_name"])
        )
        nameless = {**MACHINE, "serial": "Default string"}
        assert said(await profiles.preflight(made["id"], machine=nameless), "error") == {
            "computer_name": "The pattern asks for {serial}, and the machine tells no serial number"
        }

    async def test_what_was_deleted_meanwhile_is_named_by_its_last_name(
        self, profiles: Profiles, image: dict[str, Any]
    ) -> None:
        admin, key = [
            await profiles.ok("POST", "/secrets", {"name": name, "kind": "password", "value": "x" * 20})
            for name in ("Local admin", "Wi-Fi")
        ]
        script = await profiles.ok("POST", "/scripts", {"name": "Clean up", "language": "cmd", "body": "dir"})
        uses = {
            "type": "script",
            "configuration": {
                "language": "cmd",
                "body": "dir",
                "parameters": {"Key": {"secret_id": key["id"]}},
            },
        }
        kept = {"type": "script", "configuration": {"script_id": script["id"]}}
        made = await profiles.make(
            tasks=[DISK, IMAGE, UNATTEND, AGENT, uses, kept], admin_credentials_ref=admin["id"], **image
        )
        assert said(await profiles.preflight(made["id"]), "ok")["secrets"] == "All secrets that it needs are there (2)"
        for path in (f"/secrets/{admin['id']}", f"/secrets/{key['id']}", f"/scripts/{script['id']}"):
            await profiles.send("DELETE", path)
        found = await profiles.preflight(made["id"])
        assert {(one["code"], one["task"]) for one in found["findings"] if one["level"] == "error"} == {
            ("secret_missing", None),
            ("secret_missing", 4),
            ("script_missing", 5),
            ("script_not_ready", 5),
        }
        assert "The secret 'Wi-Fi' does not exist any more: choose another one" in {
            one["message"] for one in found["findings"]
        }

    async def test_without_a_build_of_the_agent_it_says_how_to_make_one(
        self, profiles: Profiles, image: dict[str, Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(install, "_folders", lambda _settings: [])
        made = await profiles.make(tasks=[DISK, IMAGE, UNATTEND], **image)
        assert "agent_missing" in said(await profiles.preflight(made["id"]), "error")
