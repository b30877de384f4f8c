"""A profile frozen for a machine: what a deployment is made of."""

import json
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from deployflow.enrollment import install
from deployflow.platform.context import system_context
from deployflow.profiles import freezing
from deployflow.profiles.errors import ProfileNotReady
from deployflow.profiles.freezing import FrozenProfile
from deployflow.profiles.subject import Disk, Machine
from deployflow.profiles.task_types import SecretSource
from tests.factories import fleet, library
from tests.profiles.conftest import Profiles
from tests.support.clients import Clients

GB = 1024**3
DISK = {"type": "disk_prep", "name": "Disk"}
IMAGE = {"type": "apply_image", "name": "Windows"}
UNATTEND = {"type": "inject_configuration", "name": "Answers", "configuration": {"unattend": {}}}
RESTART = {"type": "reboot", "name": "Restart", "configuration": {"to": "os"}}
SCRIPT = {"type": "script", "name": "Say", "configuration": {"language": "cmd", "body": "echo one"}}
MACHINE = Machine(
    manufacturer="LENOVO",
    model="20XW",
    serial="PF2ABCDE",
    firmware="uefi",
    disks=(Disk("/dev/nvme0n1", 256 * GB),),
    site="BER",
)


@pytest.fixture
async def image(clients: Clients) -> dict[str, Any]:
    made = await library.make_image(clients.db, clients.tenant_id)
    return {"os_image_id": str(made.id), "edition_index": 2}


@pytest.fixture(autouse=True)
def _agent_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "deployflow-agent-win-x64.zip").write_bytes(b"agent")
    monkeypatch.setattr(install, "_folders", lambda _settings: [tmp_path])


async def freeze(
    clients: Clients, profile: dict[str, Any], machine: Machine = MACHINE, number: int | None = None
) -> FrozenProfile:
    settings = clients.app.state.runtime.settings
    async with clients.db.write(system_context(clients.tenant_id)) as session:
        return await freezing.freeze(session, settings, UUID(profile["id"]), machine, number=number)


class TestPlan:
    async def test_the_agent_comes_by_its_switch_before_the_boot_environment_is_left(
        self, clients: Clients, profiles: Profiles, image: dict[str, Any]
    ) -> None:
        made = await profiles.make(
            tasks=[DISK, IMAGE, UNATTEND, RESTART, SCRIPT, RESTART],
            computer_naming_pattern="{site}-{seq:3}",
            **image,
        )
        frozen = await freeze(clients, made)
        assert [(task.position, task.type, task.phase) for task in frozen.tasks] == [
            (0, "disk_prep", "boot"),
            (1, "apply_image", "boot"),
            (2, "inject_configuration", "boot"),
            (3, "install_agent", "boot"),
            (4, "reboot", "boot"),
            (5, "script", "os"),
            (6, "reboot", "os"),
        ]
        assert (frozen.computer_name, frozen.version, frozen.installs_os, frozen.brings_agent) == (
            "BER-001",
            1,
            True,
            True,
        )
        assert frozen.variables == {"computer_name": "BER-001", "profile": "Office PC", "site": "BER"}
        assert frozen.tasks[2].configuration["unattend"]["computer_name"] == "BER-001"
        assert frozen.tasks[2].secrets == {"admin_password": SecretSource("random")}
        assert frozen.tasks[3].secrets == {"enrollment_token": SecretSource("enrollment_token")}
        assert len({task.id for task in frozen.tasks}) == 7

    async def test_without_the_switch_it_does_not(
        self, clients: Clients, profiles: Profiles, image: dict[str, Any]
    ) -> None:
        made = await profiles.make(tasks=[DISK, IMAGE, UNATTEND], agent_auto_install=False, **image)
        frozen = await freeze(clients, made)
        assert [task.type for task in frozen.tasks] == ["disk_prep", "apply_image", "inject_configuration"]
        assert not frozen.brings_agent

    async def test_a_task_of_its_own_for_the_agent_stays_where_it_is(
        self, clients: Clients, profiles: Profiles, image: dict[str, Any]
    ) -> None:
        made = await profiles.make(tasks=[DISK, IMAGE, {"type": "install_agent"}, UNATTEND], **image)
        frozen = await freeze(clients, made)
        assert [task.type for task in frozen.tasks] == [
            "disk_prep",
            "apply_image",
            "install_agent",
            "inject_configuration",
        ]

    async def test_what_a_plan_holds_has_the_fields_of_the_golden_one(
        self, clients: Clients, profiles: Profiles, image: dict[str, Any]
    ) -> None:
        golden = Path(__file__).parents[3] / "contracts" / "examples" / "boot-plan.json"
        wanted = json.loads(golden.read_text("utf-8"))["tasks"]
        condition = {"variable": "firmware", "op": "eq", "value": "uefi"}
        made = await profiles.make(tasks=[{**DISK, "condition": condition}, IMAGE, UNATTEND, SCRIPT], **image)
        frozen = await freeze(clients, made)
        for task in frozen.tasks:
            said = json.loads(json.dumps(task.in_plan()))
            like = next(one for one in wanted if one["type"] == task.type)
            assert said.keys() == like.keys()
            assert said["configuration"].keys() == like["configuration"].keys(), task.type
        assert frozen.tasks[0].condition == condition

    async def test_a_wipe_needs_no_name_and_leaves_no_system(self, clients: Clients, profiles: Profiles) -> None:
        shipped = (await profiles.ok("GET", "/profile-templates"))["built_in"]
        (wipe,) = [one for one in shipped if one["key"] == "wipe_only"]
        made = await profiles.ok("POST", f"/profile-templates/{wipe['id']}:use", {"name": "Wipe"})
        nameless = Machine(firmware="bios", disks=MACHINE.disks)
        frozen = await freeze(clients, made, nameless)
        assert (frozen.computer_name, frozen.installs_os, frozen.brings_agent) == ("UNNAMED", False, False)
        assert frozen.tasks[0].configuration["partitions"] == []

    async def test_each_built_in_template_freezes_for_a_machine(
        self, clients: Clients, profiles: Profiles, image: dict[str, Any]
    ) -> None:
        types = {}
        for template in (await profiles.ok("GET", "/profile-templates"))["built_in"]:
            made = await profiles.ok("POST", f"/profile-templates/{template['id']}:use", {"name": template["name"]})
            if template["key"] != "wipe_only":
                await profiles.change(made["id"], computer_naming_pattern="PC{seq:3}", **image)
            types[template["key"]] = [task.type for task in (await freeze(clients, made)).tasks]
        clean = ["disk_prep", "apply_image", "inject_drivers", "inject_configuration", "install_agent"]
        assert types == {
            "clean_install": clean,
            # Software that is not there yet is left out.
            "clean_install_with_software": [*clean, "reboot", "reboot"],
            "refresh_keep_data": clean,
            "wipe_only": ["disk_prep"],
        }


class TestFrozenInputs:
    async def test_an_older_version_is_frozen_as_it_was(
        self, clients: Clients, profiles: Profiles, image: dict[str, Any]
    ) -> None:
        made = await profiles.make(tasks=[DISK, IMAGE, UNATTEND], computer_naming_pattern="A{seq:2}", **image)
        await profiles.change(made["id"], name="Renamed", computer_naming_pattern="B{seq:2}", tasks=[DISK])
        first = await freeze(clients, made, number=1)
        assert (first.name, first.version, first.computer_name, len(first.tasks)) == ("Office PC", 1, "A01", 4)
        assert (await freeze(clients, made)).version == 2

    async def test_the_body_of_a_script_is_that_of_the_moment(
        self, clients: Clients, profiles: Profiles, image: dict[str, Any]
    ) -> None:
        secret = await profiles.ok("POST", "/secrets", {"name": "Wi-Fi", "kind": "password", "value": "canary-1234567"})
        parameters = [
            {"name": "Key", "type": "secret", "required": True},
            {"name": "Days", "type": "number", "default": 30},
        ]
        script = await profiles.ok(
            "POST", "/scripts", {"name": "S", "language": "cmd", "body": "echo 1", "parameters": parameters}
        )
        configuration = {"script_id": script["id"], "parameters": {"Key": {"secret_id": secret["id"]}}}
        made = await profiles.make(
            tasks=[DISK, IMAGE, UNATTEND, {"type": "script", "configuration": configuration}],
            computer_naming_pattern="PC{seq:2}",
            **image,
        )
        before = (await freeze(clients, made)).tasks[-1]
        await profiles.ok("PUT", f"/scripts/{script['id']}/body", {"body": "echo 2", "parameters": parameters})
        after = (await freeze(clients, made)).tasks[-1]
        assert (before.configuration["body"], after.configuration["body"]) == ("echo 1", "echo 2")
        assert before.configuration["parameters"] == {"Days": "30"}
        assert before.configuration["secrets"] == ["parameter:Key"]
        assert before.secrets == {"parameter:Key": SecretSource("stored", UUID(secret["id"]))}
        assert "canary-1234567" not in json.dumps(before.in_plan())

    async def test_a_stored_administrator_is_a_reference(
        self, clients: Clients, profiles: Profiles, image: dict[str, Any]
    ) -> None:
        secret = await profiles.ok("POST", "/secrets", {"name": "Admin", "kind": "password", "value": "canary-1234567"})
        made = await profiles.make(tasks=[DISK, IMAGE, UNATTEND], admin_credentials_ref=secret["id"], **image)
        answers = (await freeze(clients, made)).tasks[2]
        assert answers.secrets["admin_password"] == SecretSource("stored", UUID(secret["id"]))


class TestRefusals:
    async def test_what_the_preflight_finds_stops_it_and_gives_no_number_out(
        self, clients: Clients, profiles: Profiles, image: dict[str, Any]
    ) -> None:
        made = await profiles.make(tasks=[DISK, IMAGE, UNATTEND], computer_naming_pattern="PC{seq:2}", **image)
        small = Machine(serial="PF2ABCDE", disks=(Disk("/dev/sda", 8 * GB),))
        with pytest.raises(ProfileNotReady, match="no disk of 20 GB or more") as refused:
            await freeze(clients, made, small)
        assert [one["code"] for one in refused.value.extra["findings"]] == ["no_disk"]
        assert (await freeze(clients, made)).computer_name == "PC01"

    async def test_a_template_is_no_profile(self, clients: Clients, profiles: Profiles) -> None:
        made = await profiles.make(tasks=[DISK], is_template=True)
        with pytest.raises(ProfileNotReady, match="is a template: make a profile of it"):
            await freeze(clients, made)

    async def test_a_device_keeps_its_name_when_it_is_deployed_again(
        self, clients: Clients, profiles: Profiles, image: dict[str, Any]
    ) -> None:
        device = await fleet.make_device(clients.db, clients.tenant_id, hostname="PC07")
        made = await profiles.make(tasks=[DISK, IMAGE, UNATTEND], computer_naming_pattern="PC{seq:2}", **image)
        again = Machine(device_id=device.id, hostname="PC07", firmware="uefi", disks=MACHINE.disks)
        assert (await freeze(clients, made, again)).computer_name == "PC07"
        assert (await freeze(clients, made)).computer_name == "PC01"
